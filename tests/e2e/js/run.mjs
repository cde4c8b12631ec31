// Drives a running node with an unchanged polkadot.js client, as a wallet would: metadata, balances, a transfer of the
// native coin, and a call of a module, each followed until it is final and checked by its events.
//
// Usage: node run.mjs ws://127.0.0.1:9955
// Leaves out other clients, and anything that the JSON of our own methods would show.

import assert from 'node:assert/strict';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { hexToU8a, u8aConcat, u8aToHex, u8aToU8a } from '@polkadot/util';
import { blake2AsHex, blake2AsU8a } from '@polkadot/util-crypto';

/** How long one step may take. */
const STEP_TIMEOUT_MS = 60_000;
/** One coin: 12 decimals. */
const COIN = 1_000_000_000_000n;
/** Gas that a call of a module may use. */
const GAS_LIMIT = 50_000_000n;
/** Units of the asset that this program issues. */
const SUPPLY = 1_000_000n;
/** Units that it transfers. */
const AMOUNT = 500n;

/** Says which step failed, instead of waiting for ever. */
async function step(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STEP_TIMEOUT_MS} ms`)), STEP_TIMEOUT_MS);
  });
  try {
    const result = await Promise.race([work(), late]);
    console.log(`ok    ${name}`);
    return result;
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const little = (value, bytes) => {
  const out = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index += 1) {
    out[index] = Number((BigInt(value) >> BigInt(8 * index)) & 0xffn);
  }
  return out;
};
const text = (value) => u8aConcat(Uint8Array.of(value.length << 2), u8aToU8a(value));
const topicOf = (signature) => blake2AsHex(signature, 256);
const wide = (bytes) => u8aToHex(u8aConcat(bytes, new Uint8Array(32 - bytes.length)));

/** The address of a protocol module follows from its name. */
const moduleAddress = (name) => blake2AsU8a(`tenon/module/${name}`, 256);

/** Signs, sends and follows a transaction; returns its events once it is final. */
function follow(api, transaction, signer) {
  return new Promise((resolve, reject) => {
    const seen = [];
    let inBlock;
    transaction
      .signAndSend(signer, (result) => {
        seen.push(result.status.type);
        if (result.isError) {
          reject(new Error(`it was ${result.status.type}`));
        } else if (result.status.isInBlock) {
          inBlock = result.status.asInBlock.toHex();
        } else if (result.status.isFinalized) {
          resolve({ events: result.events, error: result.dispatchError, seen, inBlock, final: result.status.asFinalized.toHex() });
        }
      })
      .catch(reject);
  });
}

function succeeded(api, outcome) {
  if (outcome.error) {
    const { section, name, docs } = api.registry.findMetaError(outcome.error.asModule);
    assert.fail(`it failed with ${section}.${name} ${outcome.error.asModule.error.toHex()}: ${docs.join(' ')}`);
  }
  assert.ok(outcome.seen.includes('InBlock'), `expected the status InBlock, found ${outcome.seen}`);
  assert.equal(outcome.inBlock, outcome.final, 'expected one block to be announced');
  const names = outcome.events.map(({ event }) => `${event.section}.${event.method}`);
  assert.ok(names.includes('system.ExtrinsicSuccess'), `expected system.ExtrinsicSuccess, found ${names}`);
  return outcome.events;
}

/** The events that a module emitted, as topics and data. */
const emitted = (api, events) =>
  events.filter(({ event }) => api.events.modules.Emitted.is(event)).map(({ event }) => ({
    instance: event.data[0].toHex(),
    topics: [...event.data[1]].map((topic) => topic.toHex()),
    data: event.data[2].toHex(),
  }));

async function transferCoin(api, alice, bob) {
  const before = (await api.query.system.account(bob.address)).data.free.toBigInt();
  const transaction = api.tx.balances.transferKeepAlive(bob.address, COIN);
  const events = succeeded(api, await follow(api, transaction, alice));
  const transfer = events.find(({ event }) => api.events.balances.Transfer.is(event));
  assert.ok(transfer, 'expected balances.Transfer');
  assert.deepEqual(
    [transfer.event.data[0].toString(), transfer.event.data[1].toString(), transfer.event.data[2].toBigInt()],
    [alice.address, bob.address, COIN],
  );
  const after = (await api.query.system.account(bob.address)).data.free.toBigInt();
  assert.equal(after - before, COIN, 'expected the balance to grow by what was sent');
}

const moduleCall = (api, method, input) => api.tx.modules.call(moduleAddress('assets'), method, u8aToHex(input), 0, GAS_LIMIT);

async function issueAsset(api, alice) {
  // Kind, cap, rights to mint and to burn, document, credential of the issuer, policy: none of them.
  const options = new Uint8Array(7);
  const input = u8aConcat(text('Gold'), text('GOLD'), Uint8Array.of(2), little(SUPPLY, 16), options);
  const events = succeeded(api, await follow(api, moduleCall(api, 'issue', input), alice));
  const issued = emitted(api, events).find(({ topics }) => topics[0] === topicOf('Issued(u64,address,u8,string)'));
  assert.ok(issued, 'expected the module to emit Issued');
  return hexToU8a(issued.topics[1]).slice(0, 8);
}

async function transferAsset(api, alice, bob, asset) {
  const input = u8aConcat(asset, bob.publicKey, little(AMOUNT, 16));
  const events = succeeded(api, await follow(api, moduleCall(api, 'transfer', input), alice));
  const found = emitted(api, events);
  assert.deepEqual(found, [
    {
      instance: u8aToHex(moduleAddress('assets')),
      topics: [
        topicOf('Transfer(u64,option<address>,option<address>,u128)'),
        wide(asset),
        u8aToHex(alice.publicKey),
        u8aToHex(bob.publicKey),
      ],
      data: u8aToHex(little(AMOUNT, 16)),
    },
  ]);
}

/** A transfer of more than there is fails with the module's own number, which the metadata explains. */
async function failedTransfer(api, alice, bob, asset) {
  const input = u8aConcat(asset, bob.publicKey, little(SUPPLY * 2n, 16));
  const { error, events } = await follow(api, moduleCall(api, 'transfer', input), alice);
  assert.ok(error?.isModule, `expected a module's error, found ${error}`);
  const { section, name } = api.registry.findMetaError(error.asModule);
  assert.deepEqual([section, name], ['modules', 'ModuleFailed']);
  // 2 is InsufficientBalance in the interface of assets.
  assert.equal(error.asModule.error.toHex(), '0xff020000');
  assert.ok(events.some(({ event }) => api.events.system.ExtrinsicFailed.is(event)));
}

async function main() {
  const url = process.argv[2];
  assert.ok(url, 'usage: node run.mjs ws://HOST:PORT');
  const provider = new WsProvider(url);
  try {
    const api = await step('connects', () => ApiPromise.create({ provider, throwOnConnect: true }));
    const keyring = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
    const [alice, bob] = ['//Alice', '//Bob'].map((uri) => keyring.addFromUri(uri));
    await step('reads metadata version 14', async () => {
      const metadata = await api.rpc.state.getMetadata();
      assert.equal(metadata.version, 14);
      assert.deepEqual(metadata.asV14.pallets.map(({ name }) => name.toString()), ['System', 'Balances', 'Utility', 'Modules']);
      assert.ok(api.tx.modules.call && api.consts.balances.existentialDeposit && api.consts.system.version);
    });
    await step('reads a balance', async () => {
      const { data } = await api.query.system.account(alice.address);
      assert.ok(data.free.toBigInt() > COIN, `expected //Alice to be funded, found ${data.free}`);
    });
    await step('estimates a fee', async () => {
      const info = await api.tx.balances.transferKeepAlive(bob.address, COIN).paymentInfo(alice);
      assert.ok(info.partialFee.toBigInt() > 0n, `expected a fee, found ${info.partialFee}`);
    });
    await step('transfers the native coin and sees it final', () => transferCoin(api, alice, bob));
    const asset = await step('issues an asset through Modules.call', () => issueAsset(api, alice));
    await step('transfers the asset and sees it final', () => transferAsset(api, alice, bob, asset));
    await step('reads why a call failed', () => failedTransfer(api, alice, bob, asset));
    await step('follows final heads', () => new Promise((resolve, reject) => {
      api.rpc.chain.subscribeFinalizedHeads((head) => resolve(head.number.toNumber())).catch(reject);
    }));
  } finally {
    await provider.disconnect();
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(`FAILED  ${error.message}`);
    process.exit(1);
  },
);
