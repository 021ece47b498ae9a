"""Random users, posts and follows with realistic distributions, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path

from core.ids import RANDOM_BITS, id_at
from posts.models import POST_MAX_LENGTH

HERE = Path(__file__).parent
SPACELESS = {"zh", "ja", "th"}
EMOJI = "☕🌄🎵📚🚂🌧🌞🌻🐦🍞😀🤔❤🎉"
SILENT = 0.15  # the share of users who never post
SPAN = timedelta(days=730)
# Languages by the share of users; the rest of words.txt shares the rest.
COMMON = {"en": 40, "es": 12, "ja": 8, "pt": 6, "ar": 5, "fr": 5, "de": 4, "zh": 4}


@dataclass(frozen=True)
class Size:
    people: int
    posts: int
    follows: int


def _lines(name: str) -> list[list[str]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line]


def zipf(count: int, exponent: float) -> list[float]:
    """Return cumulative weights 1, 1/2ᵉ, 1/3ᵉ, … as ``random.choices`` takes them."""
    return list(accumulate(1 / (rank + 1) ** exponent for rank in range(count)))


class Community:
    """Generates everything from one random generator, so that a seed determines it."""

    def __init__(self, size: Size, seed: int) -> None:
        """Choose each user's language, number of posts and popularity."""
        self.size = size
        self.random = random.Random(seed)
        self.words = {line[0]: line[1:] for line in _lines("words.txt")}
        tags = list(self.words)
        weights = [COMMON.get(tag, 1) for tag in tags]
        self.languages = self.random.choices(tags, weights, k=size.people)
        ranks = list(range(size.people))
        self.popular = self.random.sample(ranks, size.people)
        writers = self.random.sample(ranks, size.people)
        self.writers = writers[: max(1, round(size.people * (1 - SILENT)))]

    def nicknames(self) -> Iterator[str]:
        """Yield a different nickname for each user."""
        names = _lines("names.txt")[0]
        for number in range(self.size.people):
            name = names[number % len(names)]
            turn = number // len(names)
            yield f"{name}{turn}" if turn else name

    def about(self, person: int) -> str:
        """Return a user's about me; often empty."""
        if self.random.random() < 0.4:
            return ""
        return self.sentence(self.languages[person], self.random.randint(3, 9))

    def posts(self) -> Iterator[tuple[int, int, str, str]]:
        """Yield id, author, text and language of each post, oldest first."""
        moments = self._ids()
        weights = zipf(len(self.writers), 1.05)
        for key in moments:
            (writer,) = self.random.choices(self.writers, cum_weights=weights)
            language = self.languages[writer]
            length = min(28, max(1, round(self.random.lognormvariate(2.1, 0.6))))
            yield key, writer, self.sentence(language, length), language

    def _ids(self) -> list[int]:
        """Return increasing ids over the last two years, until midnight UTC today."""
        end = datetime.combine(datetime.now(UTC).date(), time(), UTC)
        first, last = id_at(end - SPAN), id_at(end)
        keys = {self.random.randrange(first, last) for _ in range(self.size.posts)}
        while len(keys) < self.size.posts:
            keys.add(self.random.randrange(first, last) | ((1 << RANDOM_BITS) - 1))
        return sorted(keys)

    def sentence(self, language: str, length: int) -> str:
        """Return some words of a language, at most 140 characters."""
        words = self.random.choices(self.words[language], k=length)
        text = ("" if language in SPACELESS else " ").join(words)
        if self.random.random() < 0.15:
            text += " " + self.random.choice(EMOJI)
        text = text[:POST_MAX_LENGTH].strip()
        return text[:1].upper() + text[1:]

    def follows(self) -> Iterator[tuple[int, int]]:
        """Yield follower and followed; few users have most of the followers."""
        people = self.size.people
        weights = zipf(people, 0.8)
        wanted = min(self.size.follows, people * (people - 1) // 2)
        seen: set[int] = set()
        while len(seen) < wanted:
            batch = min(100_000, wanted - len(seen))
            followed = self.random.choices(self.popular, cum_weights=weights, k=batch)
            for target in followed:
                follower = self.random.randrange(people)
                key = follower * people + target
                if follower != target and key not in seen:
                    seen.add(key)
                    yield follower, target
