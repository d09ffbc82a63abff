"""The coach: what is still missing until others find, believe and reach the mail of a domain, line by line, until all is green.

A line is one idea (`lines`): it looks (`names`, `believed`, `protected`, `reachable`), and gives an outcome, which is values and the
key of its words (`words`). `engine` asks each line again at its own pace while somebody watches. What is asked of the DNS goes
to the servers that speak for the name (`asking`), so that a line turns green within seconds of a record being entered.
"""

from hawknest.post.coach.engine import Coach
from hawknest.post.coach.situation import Situation, Wishes
from hawknest.post.coach.standing import Standing
from hawknest.post.coach.values import Entry, Group, Note, Outcome, State, Weight

__all__ = ["Coach", "Entry", "Group", "Note", "Outcome", "Situation", "Standing", "State", "Weight", "Wishes"]
