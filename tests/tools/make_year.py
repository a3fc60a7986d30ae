#!/usr/bin/env python3
"""Makes a year of one organization's conversations: files for COPY, and totals that are known before any database is asked.

    python3 tests/tools/make_year.py FOLDER [--sessions 200000] [--days 364] [--until EPOCH] [--seed 7] [--bots 2]

A session has one to four questions with their answers, so that 200,000 sessions are a million messages. One in fifty comes late, when
its day was counted long ago; of what came in time some comes twice; one in a hundred sessions was opened and nothing was said.

    sessions.tsv messages.tsv             what came in time
    late_sessions.tsv late_messages.tsv   what comes afterwards, and doubles of what came
    totals.json                           what all of it is together, whatever the time zone
"""

import argparse
import hashlib
import json
import random
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

SESSION = ["id", "bot", "person", "platform", "started_at", "last_activity_at", "status", "duration_seconds", "category", "intent",
           "device_type", "location", "nps_score", "user_satisfaction_score", "avg_llm_latency_ms", "answered_count", "message_count",
           "next_sequence"]
MESSAGE = ["id", "session_id", "sequence_number", "role", "content", "prompt_tokens", "completion_tokens", "total_tokens", "cost",
           "provider_name", "model", "processing_time_ms", "sentiment", "confidence", "abstained", "error", "created_at"]
STATUSES = ["active", "complete", "incomplete", "escalated", "expired", "terminated"]
CATEGORIES = ["Payments", "Registration", "Delivery", None]
INTENTS = ["Refund", "Invoice", None]
PLATFORMS = ["web", "widget", "line", "api"]
DEVICES = ["mobile", "desktop", None]
PLACES = [{"country": "UG", "region": "Kampala"}, {"country": "UG", "region": "Gulu"}, {"country": "TH"}, None]
# US dollars a token, of the models whose price is known.
MODELS = {"small": Decimal("0.0000023"), "large": Decimal("0.0000151"), "unpriced": None}


def instant(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def uuid7(seconds, chance):
    bits = int(seconds * 1000) << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def field(value):
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (dict, list)):
        value = json.dumps(value)
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def line(names, row):
    return "\t".join(field(row[name]) for name in names) + "\n"


def messages_of(session, at, turns, chance):
    for number in range(1, 2 * turns + 1):
        created = at + 30 * number
        row = dict.fromkeys(MESSAGE)
        row.update(id=uuid7(created, chance), session_id=session, sequence_number=number, abstained=False, error=False,
                   created_at=instant(created))
        if number % 2:
            row.update(role="user", content=f"A question, number {number}?")
            if chance.random() < 0.6:
                row["sentiment"] = {"score": round(chance.uniform(-1, 1), 2), "label": "neutral"}
        else:
            luck, prompt = chance.random(), 100 + chance.randrange(2000)
            model = chance.choices(list(MODELS), [60, 35, 5])[0]
            total = prompt + prompt // 5
            price = MODELS[model]
            row.update(role="assistant", content="An answer.", prompt_tokens=prompt, completion_tokens=prompt // 5, total_tokens=total,
                       cost=None if price is None else (total * price).quantize(Decimal("0.000001")), provider_name="bedrock", model=model,
                       processing_time_ms=int(50 + 4000 * luck * luck), confidence=round(luck, 3), abstained=luck < 0.1,
                       error=luck > 0.97)
        yield row


def session_of(at, turns, arguments, chance):
    status = chance.choice(STATUSES)
    person = None
    if chance.random() < 0.7:
        person = hashlib.md5(str(chance.randrange(max(1, arguments.sessions // 3))).encode()).hexdigest()
    return {
        "id": uuid7(at, chance), "bot": 1 + chance.randrange(arguments.bots), "person": person and "\\x" + person,
        "platform": chance.choice(PLATFORMS), "started_at": instant(at), "last_activity_at": instant(at + 60 * turns), "status": status,
        "duration_seconds": None if status == "active" else 60 * turns, "category": chance.choice(CATEGORIES),
        "intent": chance.choice(INTENTS), "device_type": chance.choice(DEVICES), "location": chance.choice(PLACES),
        "nps_score": chance.randrange(11) if chance.random() < 0.3 else None,
        "user_satisfaction_score": 1 + chance.randrange(5) if chance.random() < 0.3 else None,
        "avg_llm_latency_ms": f"{chance.uniform(200, 1700):.2f}" if turns and chance.random() < 0.9 else None,
        "answered_count": turns, "message_count": 2 * turns, "next_sequence": 2 * turns + 1,
    }


class Totals:
    def __init__(self):
        self.numbers = dict.fromkeys(["sessions", "messages", "questions", "answers", "abstained_answers", "failed_answers",
                                      "unpriced_answers", "tokens", "promoters", "passives", "detractors"], 0)
        self.numbers["low_confidence_answers"] = 0
        self.cost = Decimal(0)
        self.shares = {name: {} for name in ["status", "category", "device_type", "platform"]}

    def session(self, row):
        self.numbers["sessions"] += 1
        for name, share in self.shares.items():
            if row[name] is not None:
                share[row[name]] = share.get(row[name], 0) + 1
        score = row["nps_score"]
        if score is not None:
            self.numbers["promoters" if score > 8 else "passives" if score > 6 else "detractors"] += 1

    def message(self, row):
        numbers = self.numbers
        numbers["messages"] += 1
        if row["role"] == "user":
            numbers["questions"] += 1
            return
        numbers["answers"] += 1
        numbers["abstained_answers"] += row["abstained"]
        numbers["failed_answers"] += row["error"]
        numbers["low_confidence_answers"] += row["confidence"] < 0.5 and not row["abstained"]
        numbers["tokens"] += row["total_tokens"]
        if row["cost"] is None:
            numbers["unpriced_answers"] += 1
        else:
            self.cost += row["cost"]

    def told(self):
        return {**self.numbers, "cost": f"{self.cost:.6f}", "by": self.shares}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sessions", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--until", type=int, default=int(datetime.now(timezone.utc).timestamp()) - 600)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bots", type=int, default=2)
    arguments = parser.parse_args()
    chance, totals = random.Random(arguments.seed), Totals()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    names = ["sessions", "messages", "late_sessions", "late_messages"]
    files = {name: open(arguments.folder / f"{name}.tsv", "w", encoding="utf-8") for name in names}
    for number in range(arguments.sessions):
        at = arguments.until - chance.random() * 86_400 * arguments.days
        turns = 0 if number % 100 == 99 else 1 + chance.randrange(4)
        row = session_of(at, turns, arguments, chance)
        late = "late_" if number % 50 == 0 else ""
        files[late + "sessions"].write(line(SESSION, row))
        if turns:
            totals.session(row)
        for message in messages_of(row["id"], at, turns, chance):
            totals.message(message)
            text = line(MESSAGE, message)
            files[late + "messages"].write(text)
            if not late and chance.random() < 0.01:
                files["late_messages"].write(text)
        if not late and number % 97 == 0:
            files["late_sessions"].write(line(SESSION, row))
    for file in files.values():
        file.close()
    (arguments.folder / "totals.json").write_text(json.dumps(totals.told(), indent=1))


if __name__ == "__main__":
    main()
