"""A hard budget: checked before each call, charged after it. Cached answers are free."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from errata.errors import BudgetExceeded, SetupError, nearest

FORM = "calls=2000,usd=5,minutes=30,tokens=1e6"
LIMITS = ("calls", "usd", "minutes", "tokens")


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; 0 for one's own model."""

    in_usd_per_mtok: float = 0.0
    out_usd_per_mtok: float = 0.0

    def cost_usd(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.in_usd_per_mtok + tokens_out * self.out_usd_per_mtok) / 1e6

    @property
    def known(self) -> bool:
        """Whether the user said what a token costs."""
        return bool(self.in_usd_per_mtok or self.out_usd_per_mtok)


@dataclass(frozen=True, slots=True)
class Spent:
    """What real calls have cost so far."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    minutes: float = 0.0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    def in_words(self) -> str:
        return spent_in_words(self.calls, self.tokens, self.usd)


def spent_in_words(calls: int, tokens: int, usd: float, estimated: bool = False) -> str:
    about = " (estimated: the server does not count all of them)" if estimated else ""
    return f"{calls} calls, {tokens:,} tokens{about}" + (f", {usd:.2f} USD" if usd else "")


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most a call in flight may take, held back until the call is charged."""

    tokens: int
    usd: float


class Budget:
    """Limits on the calls, tokens, dollars, and minutes of a run; None is no limit. ``before`` is what earlier parts of
    the same run spent.

    What a call takes is known only afterwards, so each one reserves the most that any call has taken so far (for the
    first: an estimate from its length). So only calls in flight together that outgrow all earlier ones can exceed a
    limit. ``estimated``: some calls did not report their token counts.
    """

    def __init__(
        self,
        *,
        calls: float | None = None,
        usd: float | None = None,
        minutes: float | None = None,
        tokens: float | None = None,
        prices: Prices | None = None,
        before: Spent | None = None,
    ) -> None:
        self.calls, self.usd, self.minutes, self.tokens = calls, usd, minutes, tokens
        self.prices = prices or Prices()
        self._spent = before or Spent()
        self._held = Reservation(0, 0.0)
        self._in_flight = 0
        self.estimated = False
        self._largest: Reservation | None = None
        self._started = time.monotonic()

    @classmethod
    def parse(cls, text: str, *, prices: Prices | None = None, before: Spent | None = None) -> Budget:
        """A budget from ``"calls=2000,usd=5"``; an empty text means no limits. SetupError for an unknown name or a bad
        number."""
        limits: dict[str, float] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, _, value = (p.strip() for p in part.partition("="))
            if name not in LIMITS:
                raise SetupError(f"A budget has no {name!r}{nearest(name, LIMITS)}. Write it as {FORM}")
            limits[name] = _amount(name, value)
        return cls(
            calls=limits.get("calls"),
            usd=limits.get("usd"),
            minutes=limits.get("minutes"),
            tokens=limits.get("tokens"),
            prices=prices,
            before=before,
        )

    def refuse_unpriced(self) -> None:
        """SetupError for a limit in dollars if no price is known."""
        if self.usd is not None and not self.prices.known:
            raise SetupError(
                f"A budget in usd needs prices, or it would limit nothing: got usd={self.usd:g} without any. Say what "
                "a million tokens cost: --usd-per-mtok-in, --usd-per-mtok-out; or limit calls, tokens or minutes."
            )

    @property
    def spent(self) -> Spent:
        """What has been charged so far, and the minutes since this budget was made (plus those before)."""
        s = self._spent
        return Spent(s.calls, s.tokens_in, s.tokens_out, s.usd, s.minutes + (time.monotonic() - self._started) / 60)

    def reserve(self, tokens_in: int, tokens_out: int) -> Reservation:
        """Reserve room for one more call of about this size; BudgetExceeded if there is none."""
        estimate = Reservation(tokens_in + tokens_out, self.prices.cost_usd(tokens_in, tokens_out))
        room = self._largest or estimate
        spent = self.spent
        wanted = {
            "calls": (self.calls, spent.calls + self._in_flight + 1),
            "usd": (self.usd, spent.usd + self._held.usd + room.usd),
            "minutes": (self.minutes, spent.minutes),
            "tokens": (self.tokens, spent.tokens + self._held.tokens + room.tokens),
        }
        for name, (limit, amount) in wanted.items():
            if limit is not None and amount > limit:
                raise self._exceeded(name, limit, spent)
        self._in_flight += 1
        self._held = Reservation(self._held.tokens + room.tokens, self._held.usd + room.usd)
        return room

    @staticmethod
    def _exceeded(name: str, limit: float, spent: Spent) -> BudgetExceeded:
        return BudgetExceeded(
            f"The budget of {limit:g} {name} leaves no room for the next call "
            f"({spent.calls} calls, {spent.tokens} tokens, {spent.usd:.4f} usd, {spent.minutes:.1f} minutes "
            "so far). Everything finished is kept; run again with a larger --budget to go on."
        )

    def check_minutes(self) -> None:
        """BudgetExceeded if the minutes are used up."""
        if self.minutes is not None and self.spent.minutes > self.minutes:
            raise self._exceeded("minutes", self.minutes, self.spent)

    def release(self, room: Reservation) -> None:
        """Release the reservation of a call that did not happen."""
        self._in_flight -= 1
        self._held = Reservation(self._held.tokens - room.tokens, self._held.usd - room.usd)

    def charge(self, room: Reservation, tokens_in: int, tokens_out: int, *, estimated: bool = False) -> float:
        """Replace the reservation by what the call took. Returns its price in dollars."""
        self.estimated = self.estimated or estimated
        self.release(room)
        usd = self.prices.cost_usd(tokens_in, tokens_out)
        s, largest = self._spent, self._largest or Reservation(0, 0.0)
        self._spent = Spent(s.calls + 1, s.tokens_in + tokens_in, s.tokens_out + tokens_out, s.usd + usd, s.minutes)
        self._largest = Reservation(max(largest.tokens, tokens_in + tokens_out), max(largest.usd, usd))
        return usd


def _amount(name: str, value: str) -> float:
    try:
        amount = float(value)
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise SetupError(f"The budget's {name} must be a number of at least 0, got {value!r}. Write it as {FORM}")
    return amount
