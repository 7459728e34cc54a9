"""How a model answers: whether it does, inside a closed set, with probabilities, by a schema, and errata's own
questions."""

from __future__ import annotations

import json
from typing import Any

from errata.errors import ModelRefused
from errata.prompts import load
from errata.tools.judging.backends.body import refuses_thinking_off
from errata.tools.judging.backends.capabilities import Capabilities, Thinking
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatReply
from errata.tools.judging.doctor.report import Finding
from errata.tools.judging.doctor.subject import ANSWER_TOKENS, TOP, WITH_LOG_PROBS, Subject
from errata.tools.judging.reading.closed_question import ClosedQuestion, lay_out_for
from errata.tools.judging.reading.reading import read
from errata.tools.judging.reading.thinking import after_thinking, thinks
from errata.types import OTHER_ANSWERS, Item, LabelSpace

NONSENSE = ("zorblat", "quexomi", "blenfrip 7")
"""No model says one of these unless forced to: if it does, the constraint works."""

HELD: dict[str, Any] = {"structured_outputs": {"choice": list(NONSENSE)}}
SCHEMA = {
    "type": "object",
    "properties": {"color": {"type": "string", "enum": list(NONSENSE)}},
    "required": ["color"],
    "additionalProperties": False,
}
NO_BLANKS = """--structured-outputs-config '{"backend": "xgrammar", "disable_any_whitespace": true}'"""
NO_THINKING = """--default-chat-template-kwargs '{"enable_thinking": false}'"""
THINKS = {
    Thinking.NOT_SEEN: "",
    Thinking.OFF: "; it thinks first, and does not where it is asked not to, as a run asks it",
    Thinking.WITH_ROOM: "; it thinks first, and cannot be kept from it: answers take many times as long",
}
OUTSIDE = "answers outside the options do not count"
QUOTED_CHARS = 60


async def chat(subject: Subject) -> Finding:
    try:
        reply = await subject.ask()
    except ModelRefused as refused:
        return Finding("chat", "no", f"a plain question is refused: {refused}")
    return Finding("chat", "ok", f"it answers; asked for the color of the sky it said {_quoted(reply.text)}")


async def choices(subject: Subject) -> Finding:
    """Many servers silently ignore an old or unknown name for the constraint, so only the answer tells."""
    name = "choices"
    try:
        free = await subject.ask()
        held = await subject.ask(**HELD)
    except ModelRefused as refused:
        return Finding(name, "no", f"the constraint is refused, and will be left out: {OUTSIDE} ({refused})")
    if held.text.strip() not in NONSENSE:
        return Finding(name, "no", f"the constraint is ignored silently (it said {_quoted(held.text)}): {OUTSIDE}")
    if free.text.strip() in NONSENSE:
        return Finding(name, "unknown", f"unasked, it said {_quoted(free.text)} too: nothing can be learned from that")
    return Finding(name, "ok", "answers stay inside the options")


async def log_probabilities(subject: Subject, *, held: bool) -> Finding:
    """Of a free answer or, if that has none, of one constrained to a closed set as a judge's answers are."""
    name = "log-probabilities"
    try:
        reply = await subject.ask(**WITH_LOG_PROBS)
        if reply.tokens is None and held:
            reply = await subject.ask(**WITH_LOG_PROBS, **HELD)
    except ModelRefused as refused:
        return Finding(name, "no", f"refused: how sure a judge is shows only in whether its answers agree ({refused})")
    found = len(reply.tokens[0].log_probs) if reply.tokens else 0
    if found < 2:
        return Finding(name, "no", "none: how sure a judge is shows only in whether its answers agree")
    rest = "" if found >= TOP else "; options that are not among them count as less likely than those"
    return Finding(name, "ok", f"the {found} likeliest of {TOP} asked for{rest}")


async def schema(subject: Subject) -> Finding:
    name = "JSON schema"
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    try:
        reply = await subject.ask(response_format=form)
    except ModelRefused as refused:
        return Finding(name, "no", f"refused: this model cannot write question banks, rules do ({refused})")
    if _fits(reply.text):
        return Finding(name, "ok", "it can write question banks")
    if reply.tokens_out >= ANSWER_TOKENS:
        return Finding(name, "no", f"cut short, often by blanks without end; vLLM has a flag against them: {NO_BLANKS}")
    return Finding(name, "no", f"ignored (it said {_quoted(reply.text)}): rules write the question banks")


def _fits(text: str) -> bool:
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and list(answer) == ["color"] and answer["color"] in NONSENSE


async def judging(subject: Subject, known: Capabilities) -> Finding:
    """Ask one of errata's own questions, as a run would send and read it."""
    name, space = "judging", LabelSpace(("cat", "dog"))
    options = lay_out_for("blind_choice", (*space.names, *OTHER_ANSWERS), "letters", space)
    item = Item.of(0, "0", "", None, "My cat sleeps on the sofa and purrs.")
    request = await ClosedQuestion(load("blind_choice"), item, (), options, "").ask().build()
    judge = ServerModel(
        subject.model, subject.connection.base_url, capabilities=known, addresses=subject.connection.addresses
    )
    while True:
        try:
            reply = await subject.connection.ask(judge.body(request))
        except ModelRefused as refused:
            if judge.thinking is Thinking.OFF and refuses_thinking_off(str(refused)):
                judge.thinking = Thinking.WITH_ROOM
            elif not judge.forget_field(str(refused)):
                return Finding(name, "no", f"one of errata's own questions is refused: {refused}")
            continue
        if after_thinking(reply.text).strip() or not thinks(reply.text) or judge.thinking is Thinking.WITH_ROOM:
            break
        judge.thinking = judge.thinking.next()
    reading = read(reply.text, reply.tokens, options)
    if reading is None:
        return Finding(name, "no", _unreadable(reply))
    sure = (
        "with probabilities"
        if reading.log_probs
        else "without probabilities: every question is asked in several orders"
    )
    return Finding(name, "ok", f"one of errata's own questions comes back readable, {sure}{THINKS[judge.thinking]}")


def _unreadable(reply: ChatReply) -> str:
    if not after_thinking(reply.text).strip():
        return (
            "it says nothing where one letter is asked for: a model that thinks first needs its thinking switched off "
            f"(it said {_quoted(reply.text)}). vLLM has a flag for it: {NO_THINKING}"
        )
    return f"asked for a letter it said {_quoted(reply.text)}: its verdicts would be unreadable"


def _quoted(text: str) -> str:
    """The beginning of a model's answer, on one line."""
    said = " ".join(text.split())
    return json.dumps(said if len(said) <= QUOTED_CHARS else f"{said[:QUOTED_CHARS]}…", ensure_ascii=False)
