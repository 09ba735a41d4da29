"""Puts an answer, an emergency or a phrase into a locale's words: speech, reprompt and card."""

from __future__ import annotations

from collections.abc import Sequence

from skill import speech
from skill.knowledge.model import Knowledge, Locale
from skill.turns import Reply, Said

UNKNOWN_LOCALE = "unknown"

NAMED_SUBJECTS = 3
"""How many symptoms a welcome names; an ear keeps no more."""


class Voice:
    """Renders what the dialog decided to say, for one locale."""

    def __init__(self, knowledge: Knowledge, locale: str) -> None:
        self._knowledge = knowledge
        self._locale: Locale = knowledge.locales.get(locale) or knowledge.locales[UNKNOWN_LOCALE]

    def say(self, said: Said, offer: str = "") -> Reply:
        """Render `said`; `offer` is the answer id, or `more`, that the last sentence asks about."""
        if said.kind == "phrase":
            return self.phrase(said.id)
        if said.kind == "emergency":
            return self._emergency(said.id)
        answer = self._knowledge.answers[said.id]
        phrases = self._knowledge.phrases
        # A session may be older than the build: what it remembers can be gone.
        text = self._fill((said.kind == "more" and answer.more) or answer.say)
        parts = [text, self._fill(phrases.disclaimer)] if said.with_disclaimer else [text]
        question, reprompt = self._offer(offer)
        sources = "; ".join(
            f"{source.publisher}: {source.title}" for source in map(self._knowledge.citations.__getitem__, answer.sources)
        )
        return self._reply(
            said.id if said.kind == "answer" else "more",
            (*parts, question),
            reprompt,
            card=(speech.first_upper(self._fill(answer.title)), f"{text}\n\n{self._fill(phrases.disclaimer)}\n\n{sources}"),
        )

    def phrase(self, name: str, **words: str) -> Reply:
        """Render the phrase of a situation. It leaves the session open when it has a reprompt."""
        phrase = self._knowledge.phrases.speech[name]
        words |= self._words()
        return self._reply("none", (self._fill(phrase.say, **words),), self._fill(phrase.reprompt, **words))

    def clarify(self, options: Sequence[str]) -> Reply:
        """Ask which of two answers is meant."""
        first, second = (self._knowledge.answers[option].label for option in options)
        return self.phrase("clarify", first=self._fill(first), second=self._fill(second))._replace(answer_id="clarify")

    def _emergency(self, sign_id: str) -> Reply:
        sign = self._knowledge.signs[sign_id]
        text = self._fill(sign.say)
        return self._reply("emergency", (text,), "", card=(speech.first_upper(self._fill(sign.label)), text))

    def _offer(self, offer: str) -> tuple[str, str]:
        phrases = self._knowledge.phrases
        if offer == "more":
            return self._fill(phrases.more_offer), self._fill(phrases.more_offer)
        if offer in self._knowledge.answers:
            label = self._knowledge.answers[offer].label
            return self._fill(phrases.offer, label=label), self._fill(phrases.offer_reprompt, label=label)
        closing = self._fill(phrases.speech["declined"].reprompt, **self._words())
        return closing, closing

    def _words(self) -> dict[str, str]:
        """What every phrase may name beside a locale's words."""
        return {"subjects": self._subjects(), "example": self._fill(self._knowledge.example)}

    def _subjects(self) -> str:
        symptoms = [subject.name for subject in self._knowledge.subjects.values() if subject.kind == "symptom"]
        first, *others = (symptoms or [subject.name for subject in self._knowledge.subjects.values()])[:NAMED_SUBJECTS]
        for other in others:
            first = speech.fill(self._knowledge.phrases.pair, {"first": first, "second": other})
        return self._fill(first)

    def _fill(self, text: str, **words: str) -> str:
        return speech.fill(text, {**self._locale.words, **words})

    def _reply(self, answer_id: str, parts: tuple[str, ...], reprompt: str, card: tuple[str, str] = ("", "")) -> Reply:
        pronunciations, numbers = self._knowledge.pronunciations, self._locale.numbers
        return Reply(
            answer_id=answer_id,
            speech=parts,
            ssml=speech.to_ssml(parts, pronunciations, numbers),
            reprompt=reprompt,
            reprompt_ssml=speech.to_ssml((reprompt,), pronunciations, numbers) if reprompt else "",
            open=bool(reprompt),
            card_title=card[0],
            card_text=card[1],
        )
