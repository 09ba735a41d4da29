"""The conversation: one pure function from a turn and a session to a reply and the next session."""

from __future__ import annotations

from collections.abc import Iterable

from skill.answering import UNKNOWN_LOCALE, Voice
from skill.knowledge.model import OUTSIDE, Knowledge
from skill.normalize import normalize
from skill.turns import CHOICE, COMMAND, LAUNCH, NOTHING_HEARD, Reply, Said, Session, Turn
from skill.understanding import reading
from skill.understanding.reading import MOST_OPTIONS, Candidate, Interpretation, Reader

Outcome = tuple[Reply, Session]

PAGE = 3
"""How many causes are named in one breath; an ear keeps no more."""

FAINT = 0.02
"""Confidence below which a runner-up is not offered, even when the answer was not what was meant."""

PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}

HELP_IN_CHOICE, HELP_IN_LIST = "help-choice", "help-list"

OF_THE_MOMENT = {"clarify", "clarify-again", "list", "list-next", "list-last", "list-all", "sources", "sources-unreviewed"}
"""Phrases that say nothing without what they were about; they are remembered by that."""


class Dialog:
    """Decides what to say. Holds no state of its own: everything remembered is in the session."""

    def __init__(self, knowledge: Knowledge, reader: Reader) -> None:
        self._knowledge = knowledge
        self._reader = reader
        self._voices = {locale: Voice(knowledge, locale) for locale in knowledge.locales}
        self._symptoms = [subject for subject in knowledge.subjects.values() if subject.kind == "symptom"]
        self._commands = {
            "help": self._help,
            "repeat": self._repeat,
            "more": self._more,
            "list": self._list,
            "previous": self._previous,
            "sources": self._sources,
            "correct": self._correct,
            "yes": self._yes,
        }

    def reply(self, turn: Turn, session: Session) -> Outcome:
        voice = self._voice(turn.locale)
        # A session may be older than the build, or tampered with: where one option is gone, nothing is left to choose from.
        if self._valid(session.options) != session.options:
            session = session._replace(options=())
        if turn.kind == LAUNCH:
            return self._phrase(voice, "launch", Session(), answer_id="launch")
        if turn.kind == NOTHING_HEARD:
            return self._phrase(voice, "nothing-heard", session)
        if turn.kind == COMMAND:
            return self._command(voice, turn.command, session)
        if turn.kind == CHOICE:
            chosen = turn.choice if turn.choice in self._knowledge.answers else self._at(turn.choice, session)
            return self._answer(voice, chosen, session) if chosen else self._help(voice, session)
        read = self._interpret(turn, session)
        if chosen := self._chosen(turn.utterance, read, session):
            reply, session = self._answer(voice, chosen, session)
        else:
            reply, session = self._read(voice, read, session)
        if reply.answer_id in self._knowledge.answers:
            others = [each.id for each in read.candidates if each.id != reply.answer_id and each.confidence >= FAINT]
            session = session._replace(others=self._valid(others)[:2])
        return reply._replace(candidates=tuple((candidate.id, candidate.confidence) for candidate in read.candidates)), session

    def apology(self, locale: str) -> Reply:
        return self._voice(locale).phrase("apology")

    def _voice(self, locale: str) -> Voice:
        return self._voices.get(locale) or self._voices[UNKNOWN_LOCALE]

    def can_answer(self, turn: Turn) -> str:
        """Whether a question asked out of the blue would be answered: `yes`, `maybe` (an either/or) or `no`."""
        kind = self._interpret(turn, Session()).kind if turn.utterance else OUTSIDE
        return {reading.ANSWER: "yes", reading.EMERGENCY: "yes", reading.CLARIFY: "maybe"}.get(kind, "no")

    def _interpret(self, turn: Turn, session: Session) -> Interpretation:
        """Read the utterance. Where the platform recognised subject and aspect, only an emergency is still looked for."""
        read = self._reader.read(
            turn.utterance, lambda aspect: self._about_last(aspect, session), is_under_way=bool(session.answer_id)
        )
        meant = next((each for each in self._ids(turn.subject, turn.aspects) if each in self._knowledge.answers), "")
        if meant and read.kind != reading.EMERGENCY:
            others = tuple(each for each in read.candidates if each.id != meant)
            return Interpretation(reading.ANSWER, meant, 1.0, (Candidate(meant, 1.0), *others))
        return read

    def _read(self, voice: Voice, read: Interpretation, session: Session) -> Outcome:
        if read.kind == reading.EMERGENCY:
            return voice.emergency(read.id), Session(Said("emergency", read.id))
        if read.kind == reading.COMMAND:
            return self._command(voice, read.id, session)
        if read.kind == reading.CARRY_ON:
            return self._answer(voice, self._carried_on(read.id, session), session)
        if read.kind == reading.CLARIFY:
            if meant := self._settled(read.options(), session):
                return self._answer(voice, meant, session)
            return self._either_or(voice, "clarify", read.options(), session)
        if read.kind == reading.ANSWER:
            return self._answer(voice, read.id, session)
        return self._phrase(voice, "refuse", session)

    def _command(self, voice: Voice, command: str, session: Session) -> Outcome:
        if command == "stop":
            reply, _ = self._phrase(voice, "stop", session, answer_id="stop")
            return reply, Session()
        if command == "start-over":
            return self._phrase(voice, "launch", Session(), answer_id="launch")
        if command == "no":
            return self._phrase(voice, "declined", session._replace(offered="", options=(), list_of=""))
        return self._commands.get(command, self._help)(voice, session)

    def _yes(self, voice: Voice, session: Session) -> Outcome:
        if session.said and session.said.kind == "clarify" and self._can_say(session.said, session):
            return self._either_or(voice, "clarify", session.options, session)
        if session.offered in self._knowledge.answers:
            return self._answer(voice, session.offered, session)
        if session.offered in ("more", "list"):
            return self._more(voice, session)
        return self._help(voice, session)

    def _help(self, voice: Voice, session: Session) -> Outcome:
        """Help that fits the moment."""
        name = "help"
        if session.options:
            name = HELP_IN_LIST if session.list_of else HELP_IN_CHOICE
        elif session.answer_id in self._knowledge.answers:
            name = "help-answer"
        said = Said("help", name)
        return self._again(voice, said, session), session._replace(said=said)

    def _repeat(self, voice: Voice, session: Session) -> Outcome:
        said = session.said
        if said is None or not self._can_say(said, session):
            return self._phrase(voice, "nothing-to-repeat", session, answer_id="repeat")
        reply = self._again(voice, said, session)
        return reply._replace(answer_id="emergency" if said.kind == "emergency" else "repeat"), session

    def _again(self, voice: Voice, said: Said, session: Session) -> Reply:
        """Say `said` as it was said, with what was offered then."""
        if said.kind == "clarify":
            return voice.either_or(said.id, session.options)
        if said.kind == "list":
            return self._page(voice, session)
        if said.kind == "help":
            return voice.help(said.id, session.options if said.id in (HELP_IN_CHOICE, HELP_IN_LIST) else ())
        if said.kind == "sources":
            return voice.sources(said.id)
        if said.kind == "emergency":
            return voice.emergency(said.id)
        if said.kind == "phrase":
            return voice.phrase(said.id)
        return voice.answer(said, session.offered)

    def _can_say(self, said: Said, session: Session) -> bool:
        """Whether `said` can be said: a session may be older than the build, or tampered with."""
        if said.kind == "clarify":
            return 2 <= len(session.options) <= MOST_OPTIONS and said.id in ("clarify", "clarify-again")
        if said.kind == "list":
            return bool(self._on_page(session))
        if said.kind == "help":
            return said.id in ("help", "help-answer") or (said.id in (HELP_IN_CHOICE, HELP_IN_LIST) and bool(session.options))
        phrases = self._knowledge.phrases.speech.keys() - OF_THE_MOMENT - {HELP_IN_CHOICE, HELP_IN_LIST}
        return said.id in {"phrase": phrases, "emergency": self._knowledge.signs}.get(said.kind, self._knowledge.answers)

    def _more(self, voice: Voice, session: Session) -> Outcome:
        if session.list_of:
            return self._list(voice, session)
        answer = self._knowledge.answers.get(session.answer_id)
        if answer is None:
            return self._help(voice, session)
        if not answer.more or session.had_more:
            reply, session = self._phrase(voice, "nothing-more", session)
            return reply._replace(answer_id="more"), session
        said = Said("more", answer.id)
        return voice.answer(said, answer.next), session._replace(said=said, offered=answer.next, had_more=True)

    def _list(self, voice: Voice, session: Session) -> Outcome:
        """Name the causes of the symptom that is spoken of, a few at a time, the most common first."""
        start = session.list_at + PAGE if session.list_of else 0
        return self._list_from(voice, start, session)

    def _list_from(self, voice: Voice, start: int, session: Session) -> Outcome:
        symptom = session.list_of or self._symptom(session)
        session = session._replace(list_of=symptom, list_at=start)
        if not (page := self._on_page(session)):
            return self._phrase(voice, "nothing-more", session._replace(list_of="", options=()))
        offered = "list" if len(self._causes(symptom)) > start + PAGE else ""
        session = session._replace(said=Said("list", symptom), offered=offered, options=page)
        return self._page(voice, session), session

    def _page(self, voice: Voice, session: Session) -> Reply:
        page, start, total = self._on_page(session), session.list_at, len(self._causes(session.list_of))
        name = ("list" if start == 0 else "list-next") if total > start + PAGE else ("list-all" if start == 0 else "list-last")
        subjects = [self._knowledge.answers[each].subject for each in page]
        return voice.listing(name, subjects, page, self._title(session.list_of))

    def _title(self, symptom: str) -> str:
        """The answer that a symptom's list of causes belongs to."""
        return f"{symptom}/{self._knowledge.subjects[symptom].aspects[0]}"

    def _on_page(self, session: Session) -> tuple[str, ...]:
        """The first answer of each cause that is named together; none where the session is not in a list."""
        if session.list_at < 0:
            return ()
        return tuple(self._causes(session.list_of)[session.list_at : session.list_at + PAGE])

    def _causes(self, symptom: str) -> list[str]:
        causes = [subject for subject in self._knowledge.subjects.values() if subject.cause_of == symptom and symptom]
        return [f"{cause.id}/{cause.aspects[0]}" for cause in sorted(causes, key=lambda cause: cause.rank)]

    def _symptom(self, session: Session) -> str:
        """The symptom that is spoken of, or else the first."""
        about = self._knowledge.subjects.get(session.answer_id.partition("/")[0])
        return (about.cause_of or about.id) if about else next((symptom.id for symptom in self._symptoms), "")

    def _previous(self, voice: Voice, session: Session) -> Outcome:
        if session.list_of:
            return self._list_from(voice, max(session.list_at - PAGE, 0), session)
        if session.answer_id in self._knowledge.answers and session.said and session.said.kind not in ("answer", "more"):
            # Help, a refusal or an either/or came since: back is where the conversation was before it.
            return self._answer(voice, session.answer_id, session)
        if session.before == "list":
            return self._list_from(voice, session.list_at, session)
        if session.before in self._knowledge.answers:
            return self._answer(voice, session.before, session)
        return self._phrase(voice, "nothing-before", session)

    def _sources(self, voice: Voice, session: Session) -> Outcome:
        about = self._title(session.list_of) if self._on_page(session) else session.answer_id
        if about not in self._knowledge.answers:
            return self._phrase(voice, "nothing-to-repeat", session)
        return voice.sources(about), session._replace(said=Said("sources", about), offered="")

    def _correct(self, voice: Voice, session: Session) -> Outcome:
        """The last answer was not what was meant: offer what the words might have meant as well."""
        others = self._valid(session.others)
        if len(others) == 2:
            return self._either_or(voice, "clarify-again", others, session)
        return self._phrase(voice, "ask-again", session._replace(offered="", options=(), list_of=""))

    def _chosen(self, utterance: str, read: Interpretation, session: Session) -> str:
        """Which of the answers offered last is meant: by its place, or by words that only its label has.

        None of them, where what was said is an emergency, a command or a question about something else.
        """
        options = session.options
        if len(options) < 2 or read.kind == reading.EMERGENCY:
            return ""
        said = normalize(utterance)
        ordinals = self._knowledge.vocabulary.ordinals
        for place, ways in ordinals.items():
            # "Tell me about the second one": it may stand at the end of what is no command.
            ends = read.kind != reading.COMMAND and said.endswith(tuple(f" {way}" for way in ways if " " in way))
            if ends or said in map(normalize, ways):
                return self._at(place, session)
        said_for_nothing = {
            *self._knowledge.vocabulary.fillers,
            *(word for ways in ordinals.values() for way in ways for word in way.split()),
        }
        named = set(said.split()) - said_for_nothing
        if not named or read.kind in (reading.COMMAND, reading.CARRY_ON):
            return ""
        answers = [self._knowledge.answers[option] for option in options]
        if read.kind == reading.ANSWER:
            answers = [answer for answer in answers if answer.subject == self._knowledge.answers[read.id].subject]
        # Every word has to be of the label or a name: "what is the weather" shares two with "what Parkinson's disease is".
        names = [self._knowledge.subjects[answer.subject].names for answer in answers]
        words = [set(normalize(" ".join((answer.label, *of))).split()) for answer, of in zip(answers, names, strict=True)]
        fitting = [answer.id for answer, own in zip(answers, words, strict=True) if named <= own]
        return fitting[0] if len(fitting) == 1 else ""

    @staticmethod
    def _settled(options: tuple[str, ...], session: Session) -> str:
        """Which of two close answers about one subject is meant after what was said last, if that tells.

        Nobody asks for what was just said; and "and the alcohol one" asks of alcohol what was asked before.
        """
        subjects = {option.partition("/")[0] for option in options}
        if not session.answer_id or len(subjects) > 1:
            return ""
        aspect = session.answer_id.partition("/")[2]
        fitting = [option for option in options if option.partition("/")[2] == aspect]
        if session.answer_id in options:
            fitting = [option for option in options if option != session.answer_id]
        return fitting[0] if fitting else ""

    def _at(self, place: str, session: Session) -> str:
        """The option at a place, or nothing where there are not so many."""
        options, index = session.options, PLACES.get(place, PAGE)
        return options[index] if index < len(options) and options else ""

    def _valid(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(each for each in ids if each in self._knowledge.answers)

    def _carried_on(self, subject_id: str, session: Session) -> str:
        """What to say of another subject: the aspect last spoken of, or else its first."""
        subject = self._knowledge.subjects[subject_id]
        last = session.answer_id.partition("/")[2]
        return f"{subject_id}/{last if last in subject.aspects else subject.aspects[0]}"

    def _either_or(self, voice: Voice, name: str, options: tuple[str, ...], session: Session) -> Outcome:
        # What was offered before is settled: a yes cannot mean it any more.
        asked = session._replace(said=Said("clarify", name), offered="", options=options, list_of="")
        return voice.either_or(name, options), asked

    def _answer(self, voice: Voice, answer_id: str, session: Session) -> Outcome:
        said = Said("answer", answer_id, with_disclaimer=not session.had_disclaimer)
        answer = self._knowledge.answers[answer_id]
        offer = answer.next or ("more" if answer.more else "")
        before = "list" if session.list_of else session.answer_id if session.answer_id != answer_id else session.before
        remembered = Session(said, answer_id, offer, had_disclaimer=True, before=before, list_at=session.list_at)
        return voice.answer(said, offer), remembered

    def _about_last(self, aspect: str, session: Session) -> str:
        """The answer that a follow-up asks for: of the last subject, or of the symptom it is a cause of.

        Before anything was said it asks for the symptom, where there is but one.
        """
        subject = self._knowledge.subjects.get(session.answer_id.partition("/")[0])
        if subject is None:
            if len(self._symptoms) != 1:
                return ""
            subject = self._symptoms[0]
        aspects = [aspect, *self._knowledge.vocabulary.instead.get(aspect, ())]
        about = (each for about in (subject.id, subject.cause_of) for each in self._ids(about, aspects))
        return next((each for each in about if each in self._knowledge.answers), "")

    @staticmethod
    def _ids(subject: str, aspects: Iterable[str]) -> list[str]:
        return [f"{subject}/{aspect}" for aspect in aspects]

    def _phrase(self, voice: Voice, name: str, session: Session, answer_id: str = "none") -> Outcome:
        return voice.phrase(name)._replace(answer_id=answer_id), session._replace(said=Said("phrase", name))
