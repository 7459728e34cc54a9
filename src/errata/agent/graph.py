"""The whole run, top to bottom. A node reads the state of the run, runs one tool or the roles of its phase, and reports
the result.

The graph moves batches, never items, and its state holds counters; items, evidence, and decisions live in the store.
Any node can die at any point: each derives its work from the store, so running it again finishes the rest.
"""

from __future__ import annotations

from typing import Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send, interrupt

from errata.agent import judging, phases
from errata.agent.decisions import apply as applying
from errata.agent.decisions import approval
from errata.agent.evidence import scan
from errata.agent.evidence.scan_calibration import calibrate_scan
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.untraced import Untraced
from errata.agent.run.workspaces import RunContext, Workspaces
from errata.agent.state import DetectorTask, RunState
from errata.agent.views.report import write_run_report

Run = Runtime[RunContext]


class Nodes:
    """The steps of a run, in order, working in the driver's workspaces."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._of = workspaces.of

    def load(self, state: RunState, runtime: Run) -> RunState:
        """Open the data and check that it is what the run was started on."""
        with self._of(runtime.context) as workspace:
            which = runtime.context
            items = len(workspace.dataset)
            return {
                "phase": "load",
                "run_dir": which["run_dir"],
                "run_id": which["run_id"],
                "items": items,
                "stopped": "",
            }

    def profile(self, state: RunState, runtime: Run) -> RunState:
        """Count classes, gaps, duplicates, and conflicts; choose detectors, panel, and order, and say why."""
        with self._of(runtime.context) as workspace:
            phases.work(workspace, "plan")
            return {"phase": "profile"}

    def embed(self, state: RunState, runtime: Run) -> RunState:
        """Features of each item, inherited from earlier runs if the content is the same; probabilities."""
        with self._of(runtime.context) as workspace:
            scan.embed(workspace, _progress)
            return {"phase": "embed"}

    def each_detector(self, state: RunState, runtime: Run) -> list[Send]:
        with self._of(runtime.context) as workspace:
            return [Send("detect", DetectorTask(detector=name)) for name in Snapshot.of(workspace).detectors]

    def detect(self, state: DetectorTask, runtime: Run) -> RunState:
        """One detector over all items; the detectors run side by side."""
        with self._of(runtime.context) as workspace:
            scan.detect(workspace, state["detector"], _progress)
            return {}

    def triage(self, state: RunState, runtime: Run) -> RunState:
        """Choose which items a judge should look at: the most suspicious first, plus a few at random."""
        with self._of(runtime.context) as workspace:
            calibrate_scan(workspace, _progress)
            found, waiting = judging.queued(workspace), judging.waiting(workspace)
            if workspace.settings.judge and not waiting:
                judging.finish(workspace)
            return {"phase": "triage", "suspects": found, "to_judge": waiting}

    def judge(self, state: RunState, runtime: Run) -> RunState:
        """Ask the panel one batch of questions, all in flight together."""
        with self._of(runtime.context) as workspace:
            done = judging.judge_batch(workspace, _progress)
            return {"phase": "judge", "judged": done.asked, "calls": done.calls, "stopped": done.stopped}

    def weigh(self, state: RunState, runtime: Run) -> RunState:
        """Decide whether more evidence is worth its price: count the questions whose answer could still change an
        outcome."""
        with self._of(runtime.context) as workspace:
            return {"phase": "weigh", "to_judge": 0 if state.get("stopped") else judging.waiting(workspace)}

    def propose(self, state: RunState, runtime: Run) -> RunState:
        """Propose one outcome for each item from all its evidence, with a reason that a person can check."""
        with self._of(runtime.context) as workspace:
            phases.work(workspace, "propose")
            Snapshot.of(workspace).keep_posterior()
            return {"phase": "propose", "open_proposals": approval.count_open(Snapshot.of(workspace))}

    def await_approval(self, state: RunState) -> Command[Literal["apply", "report"]]:
        """Contains only the interrupt, since LangGraph reruns this node from the top when the answer comes."""
        answer = interrupt(approval.request(state))
        approved = approval.is_approved(answer)
        return Command(update={"phase": "approval", "approved": approved}, goto="apply" if approved else "report")

    def apply(self, state: RunState, runtime: Run) -> RunState:
        """Write the approved changes as a patch, and the patched data next to the source."""
        with self._of(runtime.context) as workspace:
            applied = applying.apply(workspace)
            return {"phase": "apply", "changed": applied.changed, "output": str(applied.output)}

    def report(self, state: RunState, runtime: Run) -> RunState:
        """Write one page: what was found, asked, and changed, and what is open."""
        with self._of(runtime.context) as workspace:
            write_run_report(workspace)
            return {"phase": "report"}


def worth_asking(state: RunState) -> Literal["judge", "propose"]:
    return "judge" if state["to_judge"] else "propose"


def more_evidence(state: RunState) -> Literal["triage", "propose"]:
    return "triage" if state["to_judge"] else "propose"


def build(checkpointer: BaseCheckpointSaver[str] | None = None, nodes: Nodes | None = None) -> Untraced:
    """``nodes``: those of a driver whose workspaces are already open."""
    nodes, flow = nodes or Nodes(Workspaces()), StateGraph(RunState, RunContext)
    flow.add_node("load", nodes.load)
    flow.add_node("profile", nodes.profile)
    flow.add_node("embed", nodes.embed)
    flow.add_node("detect", nodes.detect)
    flow.add_node("triage", nodes.triage)
    flow.add_node("judge", nodes.judge)
    flow.add_node("weigh", nodes.weigh)
    flow.add_node("propose", nodes.propose)
    flow.add_node("await_approval", nodes.await_approval)
    flow.add_node("apply", nodes.apply)
    flow.add_node("report", nodes.report)
    flow.add_edge(START, "load")
    flow.add_edge("load", "profile")
    flow.add_edge("profile", "embed")
    flow.add_conditional_edges("embed", nodes.each_detector, ["detect"])
    flow.add_edge("detect", "triage")
    flow.add_conditional_edges("triage", worth_asking)
    flow.add_edge("judge", "weigh")
    flow.add_conditional_edges("weigh", more_evidence)
    flow.add_edge("propose", "await_approval")
    flow.add_edge("apply", "report")
    flow.add_edge("report", END)
    return Untraced(**vars(flow.compile(checkpointer=checkpointer)))


def _progress(step: str, done: int, total: int) -> None:
    get_stream_writer()({"step": step, "done": done, "total": total})


graph = build()
