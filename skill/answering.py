"""Puts what the dialog decided into a locale's words: speech, reprompt, card and what a screen offers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from skill import speech
from skill.knowledge.model import Knowledge, Locale
from skill.turns import Reply, Said

UNKNOWN_LOCALE = "unknown"

NAMED_SUBJECTS = 3
"""How many symptoms a welcome names; an ear keeps no more."""

NAMED_SOURCES = 3

KEPT_ANSWERS = 256
"""How many answers a voice keeps as it rendered them: they are the same for everyone."""


class Voice:
    """Renders what the dialog decided to say, for one locale."""

    def __init__(self, knowledge: Knowledge, locale: str) -> None:
        self._knowledge = knowledge
        self._locale: Locale = knowledge.locales.get(locale) or knowledge.locales[UNKNOWN_LOCALE]
        self._rendered = lru_cache(maxsize=KEPT_ANSWERS)(self._render)

    def answer(self, said: Said, offer: str = "") -> Reply:
        """Render an answer, or more of it; `offer` is the answer id, or `more`, that the last sentence asks about."""
        # A session may be tampered with: nothing but what the knowledge holds is kept.
        known = offer if offer == "more" or offer in self._knowledge.answers else ""
        return self._rendered(said._replace(kind="answer" if said.kind == "answer" else "more"), known)

    def _render(self, said: Said, offer: str) -> Reply:
        answer = self._knowledge.answers[said.id]
        disclaimer = self._fill(self._knowledge.phrases.disclaimer)
        # A session may be older than the build: what it remembers can be gone.
        text = self._fill((said.kind == "more" and answer.more) or answer.say)
        parts = [text, disclaimer] if said.with_disclaimer else [text]
        question, reprompt = self._offer(offer)
        cited = map(self._knowledge.citations.__getitem__, answer.sources)
        sources = "\n".join(f"{source.publisher}: {source.title}, {source.address}" for source in cited)
        return self._reply(
            said.id if said.kind == "answer" else "more",
            (*parts, question),
            reprompt,
            card=(speech.first_upper(self._fill(answer.title)), f"{text}\n\n{disclaimer}\n\n{sources}"),
            choices=(offer,) if offer in self._knowledge.answers else (),
        )

    def emergency(self, sign_id: str) -> Reply:
        """Tell the person what to do. Nothing is asked, and the session closes."""
        sign = self._knowledge.signs[sign_id]
        text = self._fill(sign.say)
        return self._reply("emergency", (text,), "", card=(speech.first_upper(self._fill(sign.label)), text))

    def phrase(self, name: str, **words: str) -> Reply:
        """Render the phrase of a situation. It leaves the session open when it has a reprompt."""
        phrase = self._knowledge.phrases.speech[name]
        words |= self._words()
        return self._reply("none", (self._fill(phrase.say, **words),), self._fill(phrase.reprompt, **words))

    def either_or(self, name: str, options: Sequence[str]) -> Reply:
        """Ask with the phrase `name` which of some answers is meant."""
        reply = self.phrase(name, **self._alternatives(options))
        return reply._replace(answer_id="clarify", choices=self._choices(options))

    def listing(self, name: str, subjects: Sequence[str], options: Sequence[str], title: str) -> Reply:
        """Name some subjects with the phrase `name`; `options` are the answers that tell of each."""
        names = [self._fill(self._knowledge.subjects[subject].name) for subject in subjects]
        reply = self.phrase(name, items=self._joined(names), item=names[0])
        return reply._replace(
            answer_id="list",
            card_title=speech.first_upper(self._label(title)),
            card_text="\n".join(names),
            choices=tuple(zip(names, options, strict=True)),
        )

    def help(self, name: str, options: Sequence[str] = ()) -> Reply:
        """Say what can be said in a situation; `options` are what waits for a choice in it."""
        named = self._alternatives(options) if options else {}
        subjects = [self._knowledge.answers[option].subject for option in options]
        item = {"item": self._fill(self._knowledge.subjects[subjects[0]].name)} if subjects else {}
        return self.phrase(name, **named, **item)._replace(answer_id="help", choices=self._choices(options))

    def sources(self, answer_id: str) -> Reply:
        """Say whom an answer's facts come from, and when they were checked."""
        answer = self._knowledge.answers[answer_id]
        subject = self._knowledge.subjects[answer.subject]
        publishers = list(dict.fromkeys(self._knowledge.citations[source].publisher for source in answer.sources))
        name = "sources" if subject.has_clinician_review else "sources-unreviewed"
        named = self._joined(publishers[:NAMED_SOURCES])
        return self.phrase(name, publishers=named, reviewed=subject.reviewed)._replace(answer_id="more")

    def _offer(self, offer: str) -> tuple[str, str]:
        phrases = self._knowledge.phrases
        if offer == "more":
            return self._fill(phrases.more_offer), self._fill(phrases.more_offer)
        if offer in self._knowledge.answers:
            label = self._label(offer)
            return self._fill(phrases.offer, label=label), self._fill(phrases.offer_reprompt, label=label)
        closing = self._fill(phrases.speech["declined"].reprompt, **self._words())
        return closing, closing

    def _words(self) -> dict[str, str]:
        """What every phrase may name beside a locale's words."""
        return {"subjects": self._subjects(), "example": self._fill(self._knowledge.example)}

    def _subjects(self) -> str:
        symptoms = [subject.name for subject in self._knowledge.subjects.values() if subject.kind == "symptom"]
        names = symptoms or [subject.name for subject in self._knowledge.subjects.values()]
        return self._joined([self._fill(name) for name in names[:NAMED_SUBJECTS]])

    def _joined(self, names: Sequence[str]) -> str:
        """Name several things in one breath."""
        *first, last = names
        # A comma before the last of three: a name may hold an "and" of its own.
        before = ", ".join([*first, ""]).strip() if len(first) > 1 else "".join(first)
        return speech.fill(self._knowledge.phrases.pair, {"first": before, "second": last}) if first else last

    def _alternatives(self, options: Sequence[str]) -> dict[str, str]:
        """What "{first}, or {second}" is filled with; of three options the first two come in the place of one."""
        *first, last = (self._label(option) for option in options)
        return {"first": ", ".join(first), "second": last}

    def _label(self, answer_id: str) -> str:
        return self._fill(self._knowledge.answers[answer_id].label)

    def _choices(self, options: Sequence[str]) -> tuple[tuple[str, str], ...]:
        return tuple((speech.first_upper(self._label(option)), option) for option in options)

    def _fill(self, text: str, **words: str) -> str:
        return speech.fill(text, {**self._locale.words, **words})

    def _reply(
        self,
        answer_id: str,
        parts: tuple[str, ...],
        reprompt: str,
        card: tuple[str, str] = ("", ""),
        choices: Sequence[str] = (),
    ) -> Reply:
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
            choices=self._choices(choices),
        )
