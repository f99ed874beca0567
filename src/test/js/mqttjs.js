// What MQTT.js does against a broker: node mqttjs.js URL [CA]
// Prints "ok NAME" for each thing that works, and "failed NAME: why" and exit code 1 for what does not.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';

const PATIENCE = 20_000;
const [url, ca] = process.argv.slice(2);
const open = new Set();
let count = 0;

const inTime = (what, promise) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`never happened: ${what}`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

const unique = (name) => `${name}-${process.pid}-${++count}`;

// A connected client that keeps its messages; take(n) waits for that many.
async function connect(version, options = {}) {
  const client = mqtt.connect(url, {
    protocolVersion: version,
    clientId: unique('mqttjs'),
    reconnectPeriod: 0,
    clean: true,
    ...(ca ? { ca: readFileSync(ca) } : {}),
    ...options,
  });
  open.add(client);
  client.messages = [];
  let wake = () => {};
  client.on('message', (topic, payload, packet) => {
    client.messages.push({ topic, payload, packet });
    wake();
  });
  client.on('error', (error) => (client.failure = error));
  client.take = (n) =>
    inTime(
      `${n} messages`,
      new Promise((resolve) => {
        wake = () => {
          if (client.messages.length >= n) {
            wake = () => {};
            resolve(client.messages.splice(0, n));
          }
        };
        wake();
      }),
    );
  client.gone = new Promise((resolve) => client.once('close', resolve));
  client.connack = await inTime(
    'CONNACK',
    new Promise((resolve, reject) => {
      client.once('connect', resolve);
      client.once('close', () => reject(client.failure ?? new Error('closed before CONNACK')));
    }),
  );
  return client;
}

const end = (client) => inTime('the end', client.endAsync());

const checks = {
  async every_qos(version) {
    const topic = unique('qos');
    const client = await connect(version);
    await client.subscribeAsync(topic, { qos: 2 });
    for (const qos of [0, 1, 2]) {
      await inTime(`QoS ${qos}`, client.publishAsync(topic, `with ${qos}`, { qos }));
      const [message] = await client.take(1);
      assert.equal(message.payload.toString(), `with ${qos}`);
      assert.equal(message.packet.qos, qos);
    }
    await end(client);
  },

  async retained(version) {
    const topic = unique('retained');
    const client = await connect(version);
    await client.publishAsync(topic, 'kept', { qos: 1, retain: true });
    await client.subscribeAsync(topic, { qos: 1 });
    const [message] = await client.take(1);
    assert.equal(message.payload.toString(), 'kept');
    assert.equal(message.packet.retain, true);
    await client.publishAsync(topic, '', { qos: 1, retain: true });
    await end(client);
  },

  async will(version) {
    const topic = unique('will');
    const watcher = await connect(version);
    await watcher.subscribeAsync(topic, { qos: 1 });
    const client = await connect(version, { will: { topic, payload: Buffer.from('gone'), qos: 1, retain: false } });
    client.stream.destroy();
    const [message] = await watcher.take(1);
    assert.equal(message.payload.toString(), 'gone');
    const polite = await connect(version, { will: { topic, payload: Buffer.from('no'), qos: 1, retain: false } });
    await end(polite);
    await watcher.publishAsync(topic, 'last', { qos: 1 });
    assert.equal((await watcher.take(1))[0].payload.toString(), 'last');
    await end(watcher);
  },

  async shared_subscription(version) {
    const topic = unique('shared');
    const members = [await connect(version), await connect(version)];
    for (const member of members) {
      await member.subscribeAsync(`$share/group/${topic}`, { qos: 1 });
    }
    const publisher = await connect(version);
    for (let i = 0; i < 20; i++) {
      await publisher.publishAsync(topic, `${i}`, { qos: 1 });
    }
    await inTime(
      'all shared messages',
      (async () => {
        while (members[0].messages.length + members[1].messages.length < 20) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })(),
    );
    const got = members.flatMap((member) => member.messages.map((message) => Number(message.payload)));
    assert.deepEqual(
      got.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i),
    );
    assert.ok(members.every((member) => member.messages.length > 0), 'both members get some');
    await Promise.all([...members, publisher].map(end));
  },

  async session_resumption(version) {
    const topic = unique('resume');
    const clientId = unique('resumes');
    const properties = version === 5 ? { sessionExpiryInterval: 300 } : undefined;
    const first = await connect(version, { clientId, clean: false, properties });
    assert.equal(first.connack.sessionPresent, false);
    await first.subscribeAsync(topic, { qos: 1 });
    await end(first);
    const publisher = await connect(version);
    for (const text of ['one', 'two', 'three']) {
      await publisher.publishAsync(topic, text, { qos: 1 });
    }
    const second = await connect(version, { clientId, clean: false, properties });
    assert.equal(second.connack.sessionPresent, true);
    const texts = (await second.take(3)).map((message) => message.payload.toString());
    assert.deepEqual(texts, ['one', 'two', 'three']);
    await end(second);
    await end(await connect(version, { clientId, clean: true }));
    await end(publisher);
  },

  async takeover(version) {
    const clientId = unique('takes-over');
    const old = await connect(version, { clientId });
    let code;
    old.once('disconnect', (packet) => (code = packet.reasonCode));
    const next = await connect(version, { clientId });
    await inTime('the end of the old connection', old.gone);
    if (version === 5) {
      assert.equal(code, 0x8e);
    }
    await end(next);
  },

  async large_payload(version) {
    const topic = unique('large');
    const client = await connect(version);
    await client.subscribeAsync(topic, { qos: 2 });
    const payload = Buffer.alloc(200 * 1024, 'nightjar');
    for (const qos of [0, 1, 2]) {
      await inTime(`large, QoS ${qos}`, client.publishAsync(topic, payload, { qos }));
      const [message] = await client.take(1);
      assert.ok(message.payload.equals(payload));
    }
    await end(client);
  },

  async user_properties(version) {
    if (version !== 5) return;
    const topic = unique('properties');
    const client = await connect(version);
    await client.subscribeAsync(topic, { qos: 1 });
    const userProperties = { colour: 'blue', many: ['a', 'b', 'a'] };
    await client.publishAsync(topic, 'x', { qos: 1, properties: { userProperties, contentType: 'text/plain' } });
    const [message] = await client.take(1);
    assert.deepEqual({ ...message.packet.properties.userProperties }, userProperties);
    assert.equal(message.packet.properties.contentType, 'text/plain');
    await end(client);
  },

  async request_response(version) {
    if (version !== 5) return;
    const service = unique('service');
    const server = await connect(version);
    await server.subscribeAsync(service, { qos: 1 });
    const client = await connect(version);
    const responseTopic = unique('answers');
    await client.subscribeAsync(responseTopic, { qos: 1 });
    const correlationData = Buffer.from('question 1');
    await client.publishAsync(service, 'what?', { qos: 1, properties: { responseTopic, correlationData } });
    const [request] = await server.take(1);
    const asked = request.packet.properties;
    await server.publishAsync(asked.responseTopic, 'that', {
      qos: 1,
      properties: { correlationData: asked.correlationData },
    });
    const [answer] = await client.take(1);
    assert.equal(answer.payload.toString(), 'that');
    assert.ok(answer.packet.properties.correlationData.equals(correlationData));
    await Promise.all([server, client].map(end));
  },
};

for (const version of [4, 5]) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(version);
      console.log(`ok ${name} ${version}`);
    } catch (error) {
      console.log(`failed ${name} ${version}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
}
for (const client of open) {
  client.end(true);
}
console.log('done');
