"""What an application on confluent-kafka (librdkafka) does, step by step.

Each step prints lines of JSON for the test to compare.
Usage: confluent.py STEP BOOTSTRAP TOPIC [MORE]
"""
import json
import sys

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer,
                             TopicPartition)
from confluent_kafka.admin import (AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec)

STEP, BOOTSTRAP, TOPIC = sys.argv[1:4]
MORE = sys.argv[4:]
RECORDS = 600
LIMIT = 60.0
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def show(*values):
    print(json.dumps(values[0] if len(values) == 1 else list(values)), flush=True)


def create():
    futures = ADMIN.create_topics([NewTopic(TOPIC, num_partitions=2, replication_factor=1, config={"retention.ms": "7200000"})])
    show([f.result(LIMIT) for f in futures.values()])
    show(sorted(ADMIN.list_topics(TOPIC, timeout=LIMIT).topics[TOPIC].partitions))
    resource = ConfigResource(ConfigResource.Type.TOPIC, TOPIC)
    show(ADMIN.describe_configs([resource])[resource].result(LIMIT)["retention.ms"].value)
    for future in ADMIN.create_partitions([NewPartitions(TOPIC, 3)]).values():
        future.result(LIMIT)


def produce():
    """Idempotent; the codec is the first extra argument."""
    delivered = []

    def on_delivery(error, message):
        if error is not None:
            raise KafkaException(error)
        delivered.append((message.partition(), message.offset()))

    producer = Producer({
        "bootstrap.servers": BOOTSTRAP,
        "enable.idempotence": True,
        "compression.type": MORE[0],
        "linger.ms": 5,
        "batch.num.messages": 50,
    })
    for n in range(RECORDS):
        producer.produce(TOPIC, key=f"k{n % 10}", value=f"{MORE[0]} {n}", partition=n % 3,
                         headers={"codec": MORE[0]}, timestamp=1700000000000 + n, on_delivery=on_delivery)
        producer.poll(0)
    show(producer.flush(LIMIT))
    show(len(delivered), len(set(delivered)))


def consume():
    """With a group; extra arguments: the group, its protocol, how many records there are."""
    group, protocol, count = MORE[0], MORE[1], int(MORE[2])
    consumer = Consumer({
        "bootstrap.servers": BOOTSTRAP,
        "group.id": group,
        "group.protocol": protocol,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })
    consumer.subscribe([TOPIC])
    seen = {}
    total = 0
    while total < count:
        message = consumer.poll(LIMIT)
        if message is None:
            raise SystemExit(f"only {total} of {count} records came")
        if message.error():
            raise KafkaException(message.error())
        expected = seen.setdefault(message.partition(), [])
        if message.offset() != len(expected):
            raise SystemExit(f"offset {message.offset()} where {len(expected)} was due")
        expected.append(message.value().decode())
        total += 1
    consumer.commit(asynchronous=False)
    show(sorted([p.partition, p.offset] for p in consumer.committed([TopicPartition(TOPIC, i) for i in range(3)], LIMIT)))
    for partition, values in sorted(seen.items()):
        show(partition, values)
    consumer.close()


def offsets():
    """By time and by spec, and those of the group that is the first extra argument."""
    wanted = {TopicPartition(TOPIC, 0): OffsetSpec.for_timestamp(1700000000300), TopicPartition(TOPIC, 1): OffsetSpec.latest(),
              TopicPartition(TOPIC, 2): OffsetSpec.earliest()}
    found = ADMIN.list_offsets(wanted)
    show(sorted([p.partition, f.result(LIMIT).offset] for p, f in found.items()))
    request = [ConsumerGroupTopicPartitions(MORE[0])]
    group = ADMIN.list_consumer_group_offsets(request)[MORE[0]].result(LIMIT)
    show(sorted([p.partition, p.offset] for p in group.topic_partitions))
    show(MORE[0] in [g.group_id for g in ADMIN.list_consumer_groups().result(LIMIT).valid])


def remove():
    """The groups that are the extra arguments, then the topic."""
    for future in ADMIN.delete_consumer_groups(MORE).values():
        future.result(LIMIT)
    for future in ADMIN.delete_topics([TOPIC], operation_timeout=30).values():
        future.result(LIMIT)
    show("removed")


{"create": create, "produce": produce, "consume": consume, "offsets": offsets, "remove": remove}[STEP]()
