"""The challenge.yaml that `podium host init` writes."""

TEMPLATE = """\
# A challenge. Look at what this file does with `podium host plan FILE`, then use
# `podium host apply FILE`. What you leave out stays as it is; a new challenge is a draft that only
# its organizers see. docs/challenge-yaml.md explains every key.
challenge:
  # Its address, /c/<slug>/. It cannot change.
  slug: my-challenge
  title: My challenge
  summary: One sentence for lists and headers.

  # Texts in Markdown.
  description: |
    What the challenge is about.
  rules: |
    People accept these at their first upload.

  # ISO 8601 in UTC, or counted from the first apply: now+14d, now+36h.
  timeline:
    announced_at: now+7d    # before it only organizers see the challenge
    opens_at: now+14d       # teams submit from here on
    team_freeze_at: now+50d # teams stay as they are
    closes_at: now+57d      # the last upload begins before this
    reveal_at: now+59d      # private boards appear, at least 15 minutes after the close

  # The people in a team, at most.
  max_team_size: 5

  # Owners set up, managers run, viewers look. You become an owner by yourself.
  # organizers:
  #   ada@example.org: owner

  # A track for each kind of task: matching or classification.
  # tracks:
  #   - kind: matching
  #     title: Matching
  #     tasks:
  #       - slug: pairs
  #         title: Pairs
  #         dataset: my-data@1    # name@version of a published data set
  #         headline: f1
  #         daily_limit: 5
"""
