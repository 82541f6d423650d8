"""The program that a user would write in an afternoon, as the measure of what Kabar's hops cost.

    python -m tests.benchmarks.naive KAFKA TOPIC ELASTICSEARCH INDEX

One loop: read, detect the language, find the names with the same automaton, skip what has the same hash as an earlier
text, write in bulk into one index with a dynamic mapping. It loses records when it is killed, forgets its hashes, has
no revisions, no stories, no alerts, and stops at the first bad record.
"""

import hashlib
import json
import sys
from datetime import datetime
from typing import Any

import langdetect
from elasticsearch import Elasticsearch, helpers  # noqa: TID251 - what it is compared with speaks to the servers itself
from kafka import KafkaConsumer  # noqa: TID251 - the same

from pipeline.entities import Recogniser
from pipeline.knowledge import load
from schemas.item import Item

BATCH = 500


def main(kafka: str, topic: str, elasticsearch: str, index: str) -> None:
    """Read the topic into the index for ever; says `ready` on standard output once it has its partitions."""
    consumer = KafkaConsumer(topic, bootstrap_servers=kafka, group_id=f"{topic}-group", auto_offset_reset="earliest")
    client = Elasticsearch(elasticsearch)
    client.indices.create(index=index)  # the embedded node makes none by itself
    recogniser = Recogniser(load().entities)
    seen: set[str] = set()
    while not consumer.assignment():
        consumer.poll(timeout_ms=100)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        batches = consumer.poll(timeout_ms=500, max_records=BATCH)
        records = [json.loads(record.value) for batch in batches.values() for record in batch]
        documents = [document(record, recogniser) for record in records if is_new(record, seen)]
        helpers.bulk(client, ({"_index": index, "_id": found["id"], "_source": found} for found in documents))


def is_new(record: dict[str, Any], seen: set[str]) -> bool:
    """Whether no earlier text has the same hash."""
    digest = hashlib.sha256(f"{record['title']}{record['body']}".encode()).hexdigest()
    if digest in seen:
        return False
    seen.add(digest)
    return True


def document(record: dict[str, Any], recogniser: Recogniser) -> dict[str, Any]:
    """What is indexed: the record, its language, and its names."""
    try:
        language = langdetect.detect(f"{record['title']}\n{record['body']}")
    except langdetect.LangDetectException:
        language = "unknown"
    item = Item(
        id=record["id"],
        source=record["source"],
        fetched_at=datetime.fromisoformat(record["fetched_at"]),
        title=record["title"],
        summary=record.get("summary", ""),
        body=record["body"],
    )
    mentions = recogniser.mentions(item, language)
    names = sorted({mention.name for mention in mentions})
    places = [{"name": m.name, "type": m.type, "start": m.start, "end": m.end, "field": m.field} for m in mentions]
    return {**record, "language": language, "names": names, "mentions": places}


if __name__ == "__main__":
    main(*sys.argv[1:])
