"""Who does what in a run: the coordinator plans, the examiner and the contest ask, the adjudicator proposes."""
