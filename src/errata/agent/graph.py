"""The whole run, top to bottom. A node reads where things stand, calls one role or tool, and says what came of it.

The graph moves batches, never items, and its state holds counters: items, evidence and decisions live in the store.
Any node can die at any point: each derives its work from the store, so running it again finishes what was left.
"""

from __future__ import annotations

from typing import Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Send, interrupt

from errata.agent.decisions import apply as applying
from errata.agent.decisions import approval
from errata.agent.evidence import scan
from errata.agent.roles import adjudicator, coordinator, examiner
from errata.agent.run.untraced import Untraced
from errata.agent.run.workspace import Workspace, workspace_of
from errata.agent.state import DetectorTask, RunState
from errata.agent.views.report import write_run_report

Graph = CompiledStateGraph[RunState, None, RunState, RunState]


def load(state: RunState) -> RunState:
    """Open the data and check that it is what the run was started on."""
    return {"phase": "load", "items": len(_workspace(state).dataset), "stopped": ""}


def profile(state: RunState) -> RunState:
    """Count classes, gaps, duplicates and conflicts; choose detectors, panel and order, and say why."""
    coordinator.plan(_workspace(state))
    return {"phase": "profile"}


def embed(state: RunState) -> RunState:
    """Features of each item, taken over from earlier runs where the content is the same; out-of-fold probabilities."""
    scan.embed(_workspace(state), _progress)
    return {"phase": "embed"}


def detect(state: DetectorTask) -> RunState:
    """One detector over all items; the detectors run side by side."""
    scan.detect(_workspace(state), state["detector"], _progress)
    return {}


def triage(state: RunState) -> RunState:
    """Which items a judge should look at next, the most suspicious first, and a random few beside them."""
    suspects, waiting = examiner.queue(_workspace(state))
    return {"phase": "triage", "suspects": suspects, "to_judge": waiting}


def judge(state: RunState) -> RunState:
    """One batch of suspects before the panel, all their questions in flight together."""
    progress = examiner.judge_batch(_workspace(state), _progress)
    return {"phase": "judge", "judged": progress.judged, "calls": progress.calls, "stopped": progress.stopped}


def weigh(state: RunState) -> RunState:
    """Is more evidence worth its price? Count the items whose outcome another question could still change."""
    return {"phase": "weigh", "to_judge": examiner.waiting(_workspace(state))}


def propose(state: RunState) -> RunState:
    """One outcome for each item from all its evidence, with a reason that a person can check."""
    return {"phase": "propose", "open_proposals": adjudicator.propose(_workspace(state))}


def await_approval(state: RunState) -> Command[Literal["apply", "report"]]:
    """Nothing but the interrupt: LangGraph runs this node again from the top when the answer comes."""
    answer = interrupt(approval.request(state))
    approved = approval.is_approved(answer)
    return Command(update={"phase": "approval", "approved": approved}, goto="apply" if approved else "report")


def apply(state: RunState) -> RunState:
    """Write the approved changes as a patch, and the patched data beside the source."""
    applied = applying.apply(_workspace(state))
    return {"phase": "apply", "changed": applied.changed, "output": str(applied.output)}


def report(state: RunState) -> RunState:
    """One page that says what was found, what was asked, what was changed and what is open."""
    write_run_report(_workspace(state))
    return {"phase": "report"}


def each_detector(state: RunState) -> list[Send]:
    task: DetectorTask = {"run_dir": state["run_dir"], "run_id": state["run_id"], "detector": ""}
    return [Send("detect", task | {"detector": name}) for name in coordinator.detectors(_workspace(state))]


def worth_asking(state: RunState) -> Literal["judge", "propose"]:
    return "judge" if state["to_judge"] and not state.get("stopped") else "propose"


def more_evidence(state: RunState) -> Literal["triage", "propose"]:
    return "triage" if state["to_judge"] and not state.get("stopped") else "propose"


def build(checkpointer: BaseCheckpointSaver[str] | None = None) -> Graph:
    flow = StateGraph(RunState)
    for node in (load, profile, embed, detect, triage, judge, weigh, propose, await_approval, apply, report):
        flow.add_node(node.__name__, node)
    flow.add_edge(START, "load")
    flow.add_edge("load", "profile")
    flow.add_edge("profile", "embed")
    flow.add_conditional_edges("embed", each_detector, ["detect"])
    flow.add_edge("detect", "triage")
    flow.add_conditional_edges("triage", worth_asking)
    flow.add_edge("judge", "weigh")
    flow.add_conditional_edges("weigh", more_evidence)
    flow.add_edge("propose", "await_approval")
    flow.add_edge("apply", "report")
    flow.add_edge("report", END)
    return Untraced(**vars(flow.compile(checkpointer=checkpointer)))


def _workspace(state: RunState) -> Workspace:
    return workspace_of(state["run_dir"], state["run_id"])


def _progress(step: str, done: int, total: int) -> None:
    get_stream_writer()({"step": step, "done": done, "total": total})


graph = build()
