"""Clients on librdkafka for a chaos run: they go on until their standard input ends, and say line by line what happened.

Usage: chaos.py produce BOOTSTRAP SENDER PAUSE_MS TOPIC:PARTITIONS...
       chaos.py read    BOOTSTRAP TOPIC:PARTITIONS...
       chaos.py group   BOOTSTRAP GROUP PROTOCOL TOPIC...

Lines: "sent TOPIC PARTITION OFFSET NUMBER", "failed TOPIC PARTITION NUMBER ERROR", "read TOPIC PARTITION OFFSET VALUE" (its first two words),
"assigned TOPIC PARTITION", "revoked TOPIC PARTITION", "committed TOPIC PARTITION OFFSET", "fatal ERROR", "ended".
"""
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

STEP, BOOTSTRAP = sys.argv[1:3]
MORE = sys.argv[3:]
PADDING = "x" * 700
STOPPED = threading.Event()


def say(*words):
    sys.stdout.write(" ".join(str(w) for w in words) + "\n")


def await_end():
    sys.stdin.read()
    STOPPED.set()


def partitions(words):
    return [(name, p) for name, count in (w.split(":") for w in words) for p in range(int(count))]


def on_error(error):
    if error.fatal():
        say("fatal", error)


def produce():
    sender, pause, targets = MORE[0], int(MORE[1]) / 1000, partitions(MORE[2:])
    failed = threading.Event()

    def on_delivery(number):
        def deliver(error, message):
            if error is not None:
                failed.set()
                say("failed", message.topic(), message.partition(), number, error)
            else:
                say("sent", message.topic(), message.partition(), -1 if message.offset() is None else message.offset(), number)
        return deliver

    # One request in flight: with more, librdkafka begins a new epoch when a broker refuses the second of two requests because the first failed, and
    # then repeats what other partitions may have already (its issue 4953). What it says of its producer id goes to standard error.
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": 300000,
                         "max.in.flight.requests.per.connection": 1, "error_cb": on_error, "debug": "eos"})
    number = 0
    while not STOPPED.is_set() and not failed.is_set():
        for topic, partition in targets:
            while True:
                try:
                    producer.produce(topic, value=f"{sender} {number} {PADDING}", partition=partition, on_delivery=on_delivery(number))
                    break
                except BufferError:
                    producer.poll(0.1)
        number += 1
        until = time.monotonic() + pause
        while time.monotonic() < until:
            producer.poll(max(0, until - time.monotonic()))
        sys.stdout.flush()
    producer.flush(300)


def take(message):
    words = message.value().decode().split(" ", 2)
    say("read", message.topic(), message.partition(), message.offset(), words[0], words[1])


def consumed(consumer):
    """What came by now; errors that librdkafka gets over by itself are passed over."""
    messages = consumer.consume(200, 0.5)
    good = []
    for message in messages:
        error = message.error()
        if error is None:
            good.append(message)
        elif error.fatal() or error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            say("fatal", error)
    for message in good:
        take(message)
    return good


def read():
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "none", "enable.auto.commit": False, "auto.offset.reset": "error",
                         "error_cb": on_error, "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in partitions(MORE)])
    while not STOPPED.is_set():
        consumed(consumer)
        sys.stdout.flush()
    consumer.close()


def group():
    name, protocol, topics = MORE[0], MORE[1], MORE[2:]
    settings = {"bootstrap.servers": BOOTSTRAP, "group.id": name, "group.protocol": protocol, "enable.auto.commit": False,
                "auto.offset.reset": "earliest", "error_cb": on_error, "log_level": 0}
    if protocol == "classic":
        settings["session.timeout.ms"] = 10000
    consumer = Consumer(settings)

    def on_assign(_, given):
        for p in given:
            say("assigned", p.topic, p.partition)
        sys.stdout.flush()

    def on_revoke(_, taken):
        for p in taken:
            say("revoked", p.topic, p.partition)
        sys.stdout.flush()

    consumer.subscribe(topics, on_assign=on_assign, on_revoke=on_revoke, on_lost=on_revoke)
    while not STOPPED.is_set():
        ends = {}
        for message in consumed(consumer):
            ends[message.topic(), message.partition()] = message.offset() + 1
        if ends:
            try:
                for p in consumer.commit(offsets=[TopicPartition(t, n, o) for (t, n), o in ends.items()], asynchronous=False):
                    if p.error is None:
                        say("committed", p.topic, p.partition, p.offset)
            except KafkaException:
                pass
        sys.stdout.flush()
    consumer.close()


threading.Thread(target=await_end, daemon=True).start()
{"produce": produce, "read": read, "group": group}[STEP]()
say("ended")
sys.stdout.flush()
