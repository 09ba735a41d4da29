"""The conversation: one pure function from a turn and a session to a reply and the next session."""

from __future__ import annotations

from skill.answering import Voice
from skill.knowledge.model import Knowledge
from skill.normalize import normalize
from skill.turns import COMMAND, LAUNCH, NOTHING_HEARD, Reply, Said, Session, Turn
from skill.understanding import reading
from skill.understanding.reading import Interpretation, Reader

Outcome = tuple[Reply, Session]


class Dialog:
    """Decides what to say. Holds no state of its own: everything remembered is in the session."""

    def __init__(self, knowledge: Knowledge, reader: Reader) -> None:
        self._knowledge = knowledge
        self._reader = reader

    def reply(self, turn: Turn, session: Session) -> Outcome:
        voice = Voice(self._knowledge, turn.locale)
        if turn.kind == LAUNCH:
            return self._phrase(voice, "launch", Session(), answer_id="launch")
        if turn.kind == NOTHING_HEARD:
            return self._phrase(voice, "nothing-heard", session)
        if turn.kind == COMMAND:
            return self._command(voice, turn.command, session)
        read = self._reader.read(
            turn.utterance, lambda aspect: self._about_last(aspect, session), is_under_way=bool(session.answer_id)
        )
        if chosen := self._chosen(turn.utterance, read, session):
            reply, session = self._answer(voice, chosen, session)
        else:
            reply, session = self._read(voice, read, session._replace(options=()))
        return reply._replace(candidates=tuple((candidate.id, candidate.confidence) for candidate in read.candidates)), session

    def apology(self, locale: str) -> Reply:
        return Voice(self._knowledge, locale).phrase("apology")

    def _read(self, voice: Voice, read: Interpretation, session: Session) -> Outcome:
        if read.kind == reading.EMERGENCY:
            said = Said("emergency", read.id)
            return voice.say(said), Session(said)
        if read.kind == reading.COMMAND:
            return self._command(voice, read.id, session)
        if read.kind == reading.CARRY_ON:
            return self._answer(voice, self._carried_on(read.id, session), session)
        if read.kind == reading.CLARIFY:
            return self._clarify(voice, read.options(), session)
        if read.kind == reading.ANSWER:
            return self._answer(voice, read.id, session)
        return self._phrase(voice, "refuse", session)

    def _command(self, voice: Voice, command: str, session: Session) -> Outcome:
        if command == "stop":
            reply, _ = self._phrase(voice, "stop", session, answer_id="stop")
            return reply, Session()
        if command == "start-over":
            return self._phrase(voice, "launch", Session(), answer_id="launch")
        if command == "help":
            return self._phrase(voice, "help", session, answer_id="help")
        if command == "repeat":
            return self._repeat(voice, session)
        if command == "no":
            return self._phrase(voice, "declined", session._replace(offered="", options=()))
        if command == "yes" and self._can_say(Said("clarify", ""), session):
            return self._clarify(voice, session.options, session)
        if command == "yes" and session.offered in self._knowledge.answers:
            return self._answer(voice, session.offered, session)
        if command == "more" or session.offered == "more":
            return self._more(voice, session)
        return self._phrase(voice, "help", session, answer_id="help")

    def _chosen(self, utterance: str, read: Interpretation, session: Session) -> str:
        """Which of the two answers offered last is meant: by its place, or by a word that only its label has.

        Neither, where what was said is an emergency, a command or a question about something else.
        """
        options = [option for option in session.options if option in self._knowledge.answers]
        if len(options) != 2 or read.kind == reading.EMERGENCY:
            return ""
        said = normalize(utterance)
        for option, ordinals in zip(options, self._knowledge.vocabulary.ordinals, strict=True):
            if said in map(normalize, ordinals):
                return option
        if read.kind in (reading.COMMAND, reading.CARRY_ON) or (read.kind == reading.ANSWER and read.id not in options):
            return ""
        labels = [set(normalize(self._knowledge.answers[option].label).split()) for option in options]
        shared = [len((label - other) & set(said.split())) for label, other in (labels, reversed(labels))]
        return "" if shared[0] == shared[1] else options[shared.index(max(shared))]

    def _carried_on(self, subject_id: str, session: Session) -> str:
        """What to say of another subject: the aspect last spoken of, or else its first."""
        subject = self._knowledge.subjects[subject_id]
        last = session.answer_id.partition("/")[2]
        return f"{subject_id}/{last if last in subject.aspects else subject.aspects[0]}"

    def _clarify(self, voice: Voice, options: tuple[str, ...], session: Session) -> Outcome:
        said = Said("clarify", "")
        # What was offered before is settled: a yes cannot mean it any more.
        return voice.clarify(options), session._replace(said=said, offered="", options=options)

    def _answer(self, voice: Voice, answer_id: str, session: Session) -> Outcome:
        said = Said("answer", answer_id, with_disclaimer=not session.had_disclaimer)
        answer = self._knowledge.answers[answer_id]
        offer = answer.next or ("more" if answer.more else "")
        return voice.say(said, offer), Session(said, answer_id, offer, had_disclaimer=True)

    def _more(self, voice: Voice, session: Session) -> Outcome:
        said = session.said
        if (
            said is None
            or said.kind != "answer"
            or said.id not in self._knowledge.answers
            or not self._knowledge.answers[said.id].more
        ):
            reply, session = self._phrase(voice, "nothing-more", session)
            return reply._replace(answer_id="more"), session
        said = Said("more", said.id)
        offer = self._knowledge.answers[said.id].next
        return voice.say(said, offer), session._replace(said=said, offered=offer)

    def _repeat(self, voice: Voice, session: Session) -> Outcome:
        said = session.said
        if said is None or not self._can_say(said, session):
            return self._phrase(voice, "nothing-to-repeat", session, answer_id="repeat")
        if said.kind == "clarify":
            return voice.clarify(session.options)._replace(answer_id="repeat"), session
        reply = voice.say(said, session.offered if said.kind in ("answer", "more") else "")
        return reply._replace(answer_id="emergency" if said.kind == "emergency" else "repeat"), session

    def _can_say(self, said: Said, session: Session) -> bool:
        """Whether `said` is still in the knowledge: a session may be older than the build."""
        if said.kind == "clarify":
            return len(session.options) == 2 and all(option in self._knowledge.answers for option in session.options)
        # An either/or said as a phrase would have nothing to choose from.
        phrases = self._knowledge.phrases.speech.keys() - {"clarify"}
        known = {"phrase": phrases, "emergency": self._knowledge.signs}.get(said.kind, self._knowledge.answers)
        return said.id in known

    def _about_last(self, aspect: str, session: Session) -> str:
        """The answer that a follow-up asks for: of the last subject, or of the symptom it is a cause of.

        Before anything was said it asks for the symptom, where there is but one.
        """
        subject = self._knowledge.subjects.get(session.answer_id.partition("/")[0])
        if subject is None:
            symptoms = [subject for subject in self._knowledge.subjects.values() if subject.kind == "symptom"]
            if len(symptoms) != 1:
                return ""
            subject = symptoms[0]
        aspects = [aspect, *self._knowledge.vocabulary.instead.get(aspect, ())]
        for about in (subject.id, subject.cause_of):
            for wanted in aspects:
                if f"{about}/{wanted}" in self._knowledge.answers:
                    return f"{about}/{wanted}"
        return ""

    def _phrase(self, voice: Voice, name: str, session: Session, answer_id: str = "none") -> Outcome:
        return voice.phrase(name)._replace(answer_id=answer_id), session._replace(said=Said("phrase", name))
