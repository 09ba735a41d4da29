"""Says in plain notes how an utterance was read: what was seen, what spoke for it, the runner-up and the margin."""

from __future__ import annotations

from skill.knowledge.model import Knowledge
from skill.understanding.reading import Reader

SHOWN_EVIDENCE = 8


def explain(utterance: str, reader: Reader, knowledge: Knowledge) -> str:
    """Describe the reading of `utterance`, a line a fact."""
    read = reader.read(utterance)
    best, *others = read.candidates
    lines = [f"read as      {' '.join(map(str, reader.marked(utterance)))}", f"outcome      {read.kind} {read.id}".rstrip()]
    lines.append(f"confidence   {read.confidence:.2f}")
    lines += [f"candidate    {candidate.id} ({candidate.confidence:.2f})" for candidate in read.candidates]
    if others:
        lines.append(f"margin       {best.confidence - others[0].confidence:.2f} over {others[0].id}")
        evidence = reader.evidence(utterance, best.id, others[0].id)
        lines += [f"for {best.id}: {feature} ({share:+.2f})" for feature, share in evidence[:SHOWN_EVIDENCE]]
    lines.append(f"stands in    {_place(best.id, knowledge)}")
    return "\n".join(lines)


def _place(label: str, knowledge: Knowledge) -> str:
    if label in knowledge.answers:
        return knowledge.answers[label].place
    if label.startswith("emergency/"):
        return knowledge.signs[label.partition("/")[2]].place
    return "no answer"
