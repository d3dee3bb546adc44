// What a KafkaJS application does, step by step; each step prints one line of JSON for the test to compare.
// Usage: node kafkajs.js STEP BOOTSTRAP TOPIC [GROUP]
const { Kafka, CompressionTypes, logLevel } = require('kafkajs')

const [step, bootstrap, topic, group] = process.argv.slice(2)
const kafka = new Kafka({ clientId: 'kafkajs-test', brokers: [bootstrap], logLevel: logLevel.ERROR })
const print = value => console.log(JSON.stringify(value))

const steps = {
  // creates the topic and shows what the cluster says about it
  async create() {
    const admin = kafka.admin()
    await admin.connect()
    print(await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }] }))
    print((await admin.listTopics()).includes(topic))
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] })
    print(metadata.topics[0].partitions.map(p => p.partitionId).sort())
    const described = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: ['cleanup.policy'] }],
    })
    print(described.resources[0].configEntries.map(e => [e.configName, e.configValue]))
    await admin.disconnect()
  },

  // sends 300 records to three partitions, compressed with gzip
  async produce() {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let from = 0; from < 300; from += 50) {
      const messages = Array.from({ length: 50 }, (_, i) => from + i).map(n => ({
        key: `k${n}`, value: `value ${n}`, partition: n % 3, headers: { number: `${n}` }, timestamp: `${1700000000000 + n}`,
      }))
      const answer = await producer.send({ topic, compression: CompressionTypes.GZIP, acks: -1, messages })
      if (answer.some(a => a.errorCode !== 0)) throw new Error(JSON.stringify(answer))
    }
    await producer.disconnect()
    const admin = kafka.admin()
    await admin.connect()
    print((await admin.fetchTopicOffsets(topic)).map(o => [o.partition, o.low, o.high]).sort())
    print((await admin.fetchTopicOffsetsByTimestamp(topic, 1700000000150)).map(o => [o.partition, o.offset]).sort())
    await admin.disconnect()
  },

  // reads all of it with a group
  async consume() {
    const consumer = kafka.consumer({ groupId: group })
    const seen = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, e => reject(e.payload.error))
      consumer.run({
        eachMessage: async ({ partition, message }) => {
          seen.push([partition, message.offset, message.key.toString(), message.value.toString(),
            message.headers.number.toString(), message.timestamp])
          if (seen.length === 300) resolve()
        },
      }).catch(reject)
    })
    await consumer.commitOffsets([0, 1, 2].map(partition => ({ topic, partition, offset: '100' })))
    const admin = kafka.admin()
    await admin.connect()
    const described = await admin.describeGroups([group])
    print([described.groups[0].state, described.groups[0].protocolType, described.groups[0].members.length])
    await consumer.disconnect()
    const offsets = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    print(offsets[0].partitions.map(p => [p.partition, p.offset]).sort())
    await admin.disconnect()
    seen.forEach(print)
  },

  // removes the group and the topic
  async remove() {
    const admin = kafka.admin()
    await admin.connect()
    print((await admin.deleteGroups([group])).map(g => [g.groupId === group, g.errorCode]))
    await admin.deleteTopics({ topics: [topic] })
    for (let tries = 0; tries < 100 && (await admin.listTopics()).includes(topic); tries++) {
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    print((await admin.listTopics()).includes(topic))
    await admin.disconnect()
  },
}

steps[step]().catch(error => {
  console.error(error)
  process.exit(1)
})
