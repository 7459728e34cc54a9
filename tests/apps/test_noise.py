"""The chart of noise by class."""

from errata.apps.cli.noise import as_json, picture
from errata.tools.report.count import count_wrong
from errata.tools.report.data import ClassNoise


def noise(label: str, items: int, suspects: int, rival: str | None = None) -> ClassNoise:
    return ClassNoise(label, count_wrong([0.5] * items), suspects, rival, suspects)


def test_the_noisiest_class_comes_first_with_the_longest_bar() -> None:
    lines = picture([noise("calm", 100, 5, "loud"), noise("loud", 10, 5), noise("clean", 50, 0)]).split("\n")
    assert [line.split()[0] for line in lines[1:]] == ["loud", "calm"]
    assert lines[1].count("█") == 20 and "50.0%" in lines[1]
    assert lines[2].count("█") == 2 and "5.0%" in lines[2] and "5 look like loud" in lines[2]


def test_without_proposals_there_is_nothing_to_draw() -> None:
    assert picture([noise("clean", 50, 0)]) == "No class has a proposal."


def test_many_classes_are_cut_short_and_names_cannot_steer_a_terminal() -> None:
    many = [noise(f"\x1b[31mclass {n}", 10, 1) for n in range(30)]
    drawn = picture(many)
    assert "and 10 more classes" in drawn and "\x1b" not in drawn
    assert all(len(line) < 120 for line in drawn.split("\n"))


def test_the_json_has_every_class() -> None:
    found = as_json([noise("a", 4, 2, "b"), noise("b", 4, 0)])
    assert [row["label"] for row in found] == ["a", "b"]
    assert found[0]["most_often"] == "b" and found[0]["proposals"] == 2
