// Measures ERC-20 transfers a second through anvil, as a peer of `tenon-bench`: the same number of transfers, submitted in
// JSON-RPC batches from unlocked accounts (so that no time goes into signing), one block a second, load generator included.
//
// Usage: node anvil.mjs ANVIL [TRANSFERS]. The token is a few lines of hand-written EVM code: balances by address and
// `transfer(address,uint256)` with its event.
import { spawn } from "node:child_process";
import { once } from "node:events";

const [program, count] = process.argv.slice(2);
const transfers = Number(count ?? 20000);
const port = 20000 + (process.pid % 20000);
const url = `http://127.0.0.1:${port}`;
const BATCH = 500;

// sstore(caller, 2^127); then code that, for calldata (4 bytes, to, amount): b = sload(caller); if b < amount revert;
// sstore(caller, b - amount); sstore(to, sload(to) + amount); emit Transfer(caller, to, amount); return 1.
const TRANSFER_TOPIC = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
function assemble() {
  // Written with labels by hand so that offsets are computed here.
  const ops = [];
  const push = (hex) => ops.push((0x5f + hex.length / 2).toString(16).padStart(2, "0") + hex);
  const op = (hex) => ops.push(hex);
  push("24"); op("35");                 // amount
  op("33"); op("54");                   // amount b
  op("81"); op("81"); op("10");         // amount b (b < amount)
  op("15");                             // amount b ok
  const jumpAt = ops.length; push("00"); op("57");
  op("5f"); op("5f"); op("fd");
  const dest = ops.length; op("5b");    // amount b
  op("81"); op("90"); op("03");         // amount (b - amount)
  op("33"); op("55");                   // amount
  push("04"); op("35"); op("80"); op("54"); // amount to balance
  op("82"); op("01"); op("90"); op("55");   // amount
  op("5f"); op("52");                   // memory[0] = amount
  push("04"); op("35"); op("33"); push(TRANSFER_TOPIC); push("20"); op("5f"); op("a3");
  push("01"); op("5f"); op("52"); push("20"); op("5f"); op("f3");
  const offset = ops.slice(0, dest).join("").length / 2;
  ops[jumpAt] = "60" + offset.toString(16).padStart(2, "0");
  return ops.join("");
}
const code = assemble();
const length = (code.length / 2).toString(16).padStart(2, "0");

async function rpc(body) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return response.json();
}
const ask = async (method, ...params) => {
  const answer = await rpc({ jsonrpc: "2.0", id: 1, method, params });
  if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
  return answer.result;
};
async function poll(what, seconds) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try { const result = await what(); if (result) return result; } catch (error) { if (Date.now() > end) throw error; }
    if (Date.now() > end) throw new Error("gave up waiting");
    await new Promise((done) => setTimeout(done, 20));
  }
}

const anvil = spawn(program, ["--port", String(port), "--block-time", "1", "--silent", "--gas-limit", "100000000000"], { stdio: "ignore", detached: true });
const gone = once(anvil, "exit");
try {
  const accounts = await poll(() => ask("eth_accounts"), 20);
  // The constructor gives every account a balance.
  const gifts = accounts.map((account) => `6f${"7f".repeat(16)}73${account.slice(2)}55`).join("");
  const tail = (at) => `60${length}61${at}5f3960${length}5ff3`;
  const at = ((gifts.length + tail("0000").length) / 2).toString(16).padStart(4, "0");
  const init = `0x${gifts}${tail(at)}${code}`;
  const hash = await ask("eth_sendTransaction", { from: accounts[0], data: init, gas: "0x989680" });
  const token = (await poll(() => ask("eth_getTransactionReceipt", hash), 20)).contractAddress;
  const began = performance.now();
  const nonces = await Promise.all(accounts.map(async (account) => Number(await ask("eth_getTransactionCount", account, "latest"))));
  for (let start = 0; start < transfers; start += BATCH) {
    const batch = [];
    for (let index = start; index < Math.min(start + BATCH, transfers); index += 1) {
      const sender = index % accounts.length;
      const to = (0x1000 + (index * 7919) % 10000).toString(16).padStart(64, "0");
      const data = `0xa9059cbb${to}${"1".padStart(64, "0")}`;
      const nonce = `0x${(nonces[sender] + Math.floor(index / accounts.length)).toString(16)}`;
      batch.push({ jsonrpc: "2.0", id: index, method: "eth_sendTransaction", params: [{ from: accounts[sender], to: token, data, gas: "0x186a0", nonce }] });
    }
    const answers = await rpc(batch);
    const failed = answers.find((answer) => answer.error);
    if (failed) throw new Error(JSON.stringify(failed.error));
  }
  const last = accounts[(transfers - 1) % accounts.length];
  const wanted = nonces[(transfers - 1) % accounts.length] + Math.ceil(transfers / accounts.length);
  await poll(async () => Number(await ask("eth_getTransactionCount", last, "latest")) >= wanted, 120);
  const seconds = (performance.now() - began) / 1000;
  const moved = BigInt(await ask("eth_getStorageAt", token, `0x${(0x1000).toString(16)}`, "latest"));
  if (moved === 0n) throw new Error("the transfers moved nothing");
  console.log(`anvil: ${transfers} ERC-20 transfers in ${seconds.toFixed(2)} s = ${(transfers / seconds).toFixed(0)} a second`);
} finally {
  // What npm installs is a launcher: it and the program that it starts are one process group.
  process.kill(-anvil.pid, "SIGKILL");
  await gone;
}
