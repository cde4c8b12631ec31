//! The host functions. Each checks lengths, charges gas before the work, and touches only what its frame may.

use crate::coin::{self, Existence};
use crate::execution::{Creation, Ended, Entry, Frame, Message};
use crate::interface::{Guest, Host, HostFunctions, Trap};
use crate::scan::Scan;
use crate::state::Value;
use tenon_abi::{ABSENT, CALL_READ_ONLY, Capability, HostError, HostFunction, Mode, limits};
use tenon_crypto::hash;
use tenon_types::{Address, AdminPolicy, Amount, Event, Hash, ModulesEvent, keys};

impl Host {
    fn frame(&mut self) -> &mut Frame {
        self.state().frames.last_mut().expect("a host function runs inside a frame")
    }

    /// Puts the guest's key behind the frame's prefix.
    fn load_key(&mut self, guest: &mut Guest<'_>, key: u32, length: u32) -> Result<(), Trap> {
        let bytes = guest.bytes(key, length, limits::MAX_KEY_BYTES)?;
        let frame = self.frame();
        frame.key.truncate(keys::STORAGE_PREFIX_BYTES);
        frame.key.extend_from_slice(bytes);
        Ok(())
    }

    fn stored(&mut self) -> Option<Value> {
        let state = self.state();
        let frame = state.frames.last().expect("a host function runs inside a frame");
        state.overlay.get(&frame.key)
    }

    fn store(&mut self, value: Option<Value>) -> Option<Value> {
        let state = self.state();
        let frame = state.frames.last().expect("a host function runs inside a frame");
        state.overlay.set(&frame.key, value)
    }

    fn end(&mut self, ended: Ended) -> Trap {
        self.frame().ended = Some(ended);
        Trap::Ended
    }

    fn hash(
        guest: &mut Guest<'_>,
        (data, length): (u32, u32),
        out: u32,
        with: fn(&[u8]) -> [u8; 32],
    ) -> Result<(), Trap> {
        let digest = with(guest.bytes(data, length, limits::MAX_CRYPTO_BYTES)?);
        guest.write(out, &digest)
    }

    /// The input of a nested call: paid for by byte, bounded, copied once.
    fn argument(guest: &mut Guest<'_>, data: u32, length: u32) -> Result<Vec<u8>, Trap> {
        guest.bytes(data, length, limits::MAX_INPUT_BYTES).map(<[u8]>::to_vec)
    }

    /// Whether the running code may call an address, by its manifest.
    fn may_call(&mut self, address: &Address) -> bool {
        self.frame().instance.module.may_call(address)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl HostFunctions for Host {
    fn admit(&mut self, function: &'static HostFunction) -> Result<(), Trap> {
        let frame = self.frame();
        if function.capability.is_some_and(|capability| !frame.capabilities.has(capability)) {
            return Err(Trap::Host(HostError::CapabilityDenied));
        }
        if function.mode == Mode::Write && frame.read_only {
            return Err(Trap::Host(HostError::ReadOnly));
        }
        Ok(())
    }

    fn input(&mut self, guest: &mut Guest<'_>, out: u32, capacity: u32) -> Result<u32, Trap> {
        guest.copy_out(out, capacity, &self.frame().input)
    }

    fn output(&mut self, guest: &mut Guest<'_>, data: u32, length: u32) -> Result<(), Trap> {
        let bytes = guest.bytes(data, length, limits::MAX_OUTPUT_BYTES)?;
        let frame = self.frame();
        frame.output.clear();
        frame.output.extend_from_slice(bytes);
        Ok(())
    }

    fn fail(&mut self, guest: &mut Guest<'_>, number: u32, data: u32, length: u32) -> Result<(), Trap> {
        let number = u16::try_from(number).map_err(|_| Trap::Host(HostError::LimitExceeded))?;
        let data = guest.bytes(data, length, limits::MAX_ERROR_BYTES)?.to_vec();
        Err(self.end(Ended::Failed(number, data)))
    }

    fn panic(&mut self, guest: &mut Guest<'_>, message: u32, length: u32) -> Result<(), Trap> {
        let message = guest.bytes(message, length, limits::MAX_ERROR_BYTES)?.to_vec();
        Err(self.end(Ended::Panicked(message)))
    }

    fn bad_input(&mut self, guest: &mut Guest<'_>, message: u32, length: u32) -> Result<(), Trap> {
        let message = guest.bytes(message, length, limits::MAX_ERROR_BYTES)?.to_vec();
        Err(self.end(Ended::BadInput(message)))
    }

    fn caller(&mut self, guest: &mut Guest<'_>, out: u32) -> Result<(), Trap> {
        guest.write(out, &self.frame().caller.0)
    }

    fn origin(&mut self, guest: &mut Guest<'_>, out: u32) -> Result<(), Trap> {
        guest.write(out, &self.state().origin.0)
    }

    fn self_address(&mut self, guest: &mut Guest<'_>, out: u32) -> Result<(), Trap> {
        guest.write(out, &self.frame().address.0)
    }

    fn value(&mut self, guest: &mut Guest<'_>, out: u32) -> Result<(), Trap> {
        guest.write(out, &self.frame().value.to_le_bytes())
    }

    fn block_height(&mut self, _guest: &mut Guest<'_>) -> Result<u64, Trap> {
        Ok(u64::from(self.state().environment.height))
    }

    fn block_time_ms(&mut self, _guest: &mut Guest<'_>) -> Result<u64, Trap> {
        Ok(self.state().environment.time_ms)
    }

    fn chain_id(&mut self, guest: &mut Guest<'_>, out: u32) -> Result<(), Trap> {
        guest.write(out, &self.state().environment.genesis_hash.0)
    }

    fn gas_left(&mut self, guest: &mut Guest<'_>) -> Result<u64, Trap> {
        Ok(guest.gas)
    }

    fn storage_get(
        &mut self,
        guest: &mut Guest<'_>,
        key: u32,
        key_length: u32,
        out: u32,
        capacity: u32,
    ) -> Result<u64, Trap> {
        self.load_key(guest, key, key_length)?;
        match self.stored() {
            Some(value) => {
                // All of the value was read, however little of it the guest takes.
                guest.charge_bytes(value.len())?;
                guest.byte_gas = 0;
                guest.copy_out(out, capacity, &value).map(u64::from)
            }
            None => Ok(ABSENT),
        }
    }

    fn storage_set(
        &mut self,
        guest: &mut Guest<'_>,
        key: u32,
        key_length: u32,
        data: u32,
        length: u32,
    ) -> Result<(), Trap> {
        self.load_key(guest, key, key_length)?;
        let value = Value::from(guest.bytes(data, length, limits::MAX_VALUE_BYTES)?);
        self.store(Some(value));
        Ok(())
    }

    fn storage_remove(&mut self, guest: &mut Guest<'_>, key: u32, key_length: u32) -> Result<u32, Trap> {
        self.load_key(guest, key, key_length)?;
        Ok(u32::from(self.store(None).is_some()))
    }

    fn storage_scan(
        &mut self,
        guest: &mut Guest<'_>,
        prefix: u32,
        prefix_length: u32,
        start: u32,
        start_length: u32,
        descending: u32,
        limit: u32,
        out: u32,
        capacity: u32,
    ) -> Result<u64, Trap> {
        if limit > limits::MAX_SCAN_ENTRIES {
            return Err(Trap::Host(HostError::LimitExceeded));
        }
        self.load_key(guest, prefix, prefix_length)?;
        let prefix = self.frame().key.clone();
        let start = guest.bytes(start, start_length, limits::MAX_KEY_BYTES)?.to_vec();
        let start = (!start.is_empty()).then(|| [&prefix[..], &start[..]].concat());
        let scan = Scan { prefix: &prefix, start: start.as_deref(), descending: descending == 1, limit };
        scan.copy(&self.state().overlay, guest, out, capacity)
    }

    fn transient_get(
        &mut self,
        guest: &mut Guest<'_>,
        key: u32,
        key_length: u32,
        out: u32,
        capacity: u32,
    ) -> Result<u64, Trap> {
        let key = guest.bytes(key, key_length, limits::MAX_KEY_BYTES)?.to_vec();
        let address = self.frame().address;
        match self.state().transient.get(&(address, key)) {
            Some(value) => guest.copy_out(out, capacity, value).map(u64::from),
            None => Ok(ABSENT),
        }
    }

    fn transient_set(
        &mut self,
        guest: &mut Guest<'_>,
        key: u32,
        key_length: u32,
        data: u32,
        length: u32,
    ) -> Result<(), Trap> {
        let key = guest.bytes(key, key_length, limits::MAX_KEY_BYTES)?.to_vec();
        let value = guest.bytes(data, length, limits::MAX_VALUE_BYTES)?.to_vec();
        let key = (self.frame().address, key);
        let state = self.state();
        state.transient_bytes = state.transient_bytes.saturating_add(key.1.len()).saturating_add(value.len());
        if state.transient_bytes > usize::try_from(limits::MAX_TRANSIENT_BYTES).unwrap_or(usize::MAX) {
            return Err(Trap::Host(HostError::LimitExceeded));
        }
        let before =
            if value.is_empty() { state.transient.remove(&key) } else { state.transient.insert(key.clone(), value) };
        state.transient_journal.push((key, before));
        Ok(())
    }

    fn emit(
        &mut self,
        guest: &mut Guest<'_>,
        topics: u32,
        topic_count: u32,
        data: u32,
        length: u32,
    ) -> Result<(), Trap> {
        let state = self.state();
        if topic_count > limits::MAX_TOPICS || state.emitted >= limits::MAX_EVENTS {
            return Err(Trap::Host(HostError::LimitExceeded));
        }
        state.emitted = state.emitted.saturating_add(1);
        let (topics, _) =
            guest.bytes(topics, topic_count.saturating_mul(32), limits::MAX_TOPICS * 32)?.as_chunks::<32>();
        let topics = topics.iter().map(|topic| Hash(*topic)).collect();
        let data = guest.bytes(data, length, limits::MAX_EVENT_BYTES)?.to_vec();
        let instance = self.frame().address;
        self.state().events.push(Event::Modules(ModulesEvent::Emitted { instance, topics, data }));
        Ok(())
    }

    fn coin_balance(&mut self, guest: &mut Guest<'_>, address: u32, out: u32) -> Result<(), Trap> {
        let address = Address(guest.array(address)?);
        let spendable = coin::account(&mut self.state().overlay, &address).spendable();
        guest.write(out, &spendable.to_le_bytes())
    }

    fn coin_transfer(&mut self, guest: &mut Guest<'_>, to: u32, amount: u32) -> Result<u32, Trap> {
        let to = Address(guest.array(to)?);
        let amount = Amount::from_le_bytes(guest.array(amount)?);
        let from = self.frame().address;
        let state = self.state();
        let minimum = state.environment.parameters.existential_deposit;
        let (overlay, events) = (&mut state.overlay, &mut state.events);
        let sent = coin::transfer(overlay, events, (&from, &to), amount, Existence::MayEnd, minimum);
        Ok(sent.map_or_else(HostError::code, |()| 0))
    }

    fn call(
        &mut self,
        guest: &mut Guest<'_>,
        address: u32,
        method: u32,
        method_length: u32,
        data: u32,
        length: u32,
        amount: u32,
        gas_limit: u64,
        flags: u32,
    ) -> Result<u64, Trap> {
        let address = Address(guest.array(address)?);
        let method = text(guest.bytes(method, method_length, limits::MAX_METHOD_BYTES)?);
        let input = Self::argument(guest, data, length)?;
        let value = Amount::from_le_bytes(guest.array(amount)?);
        if flags & !CALL_READ_ONLY != 0 {
            return Err(Trap::Host(HostError::LimitExceeded));
        }
        if !self.may_call(&address) {
            return Err(Trap::Host(HostError::CapabilityDenied));
        }
        let frame = self.frame();
        if value > 0 && !frame.capabilities.has(Capability::Coin) {
            return Err(Trap::Host(HostError::CapabilityDenied));
        }
        let read_only = frame.read_only || flags & CALL_READ_ONLY != 0;
        let entry = if read_only { Entry::Query(method) } else { Entry::Call(method) };
        let message = Message { caller: frame.address, address, entry, input, value, read_only };
        let gas = Self::callee_gas(guest.gas, gas_limit);
        let kept = guest.gas.saturating_sub(gas);
        let outcome = self.enter(message, gas, guest.stack_left);
        guest.gas = kept.saturating_add(outcome.gas_left);
        let length = u64::try_from(outcome.data.len()).map_err(|_| Trap::Host(HostError::LimitExceeded))?;
        self.frame().return_data = outcome.data;
        Ok(u64::from(outcome.error) << 32 | length)
    }

    fn return_data(&mut self, guest: &mut Guest<'_>, out: u32, capacity: u32) -> Result<u32, Trap> {
        guest.copy_out(out, capacity, &self.frame().return_data)
    }

    fn instantiate(
        &mut self,
        guest: &mut Guest<'_>,
        code_hash: u32,
        data: u32,
        length: u32,
        amount: u32,
        salt: u32,
        admin: u32,
        out: u32,
    ) -> Result<u32, Trap> {
        let code_hash = Hash(guest.array(code_hash)?);
        let input = Self::argument(guest, data, length)?;
        let value = Amount::from_le_bytes(guest.array(amount)?);
        let salt = Hash(guest.array(salt)?);
        let creator = self.frame().address;
        let admin = match admin {
            0 => AdminPolicy::Nobody,
            1 => AdminPolicy::Owner { owner: creator, delay_ms: 0 },
            _ => return Err(Trap::Host(HostError::LimitExceeded)),
        };
        if value > 0 && !self.frame().capabilities.has(Capability::Coin) {
            return Err(Trap::Host(HostError::CapabilityDenied));
        }
        guest.charge(self.state().environment.parameters.instance_gas)?;
        let address = keys::instance_address(&creator, &code_hash, &salt);
        let creation = Creation { creator, address, code_hash, input, value, admin, capabilities: None };
        let gas = Self::callee_gas(guest.gas, 0);
        let kept = guest.gas.saturating_sub(gas);
        let outcome = self.create(creation, gas, guest.stack_left);
        guest.gas = kept.saturating_add(outcome.gas_left);
        self.frame().return_data = outcome.data;
        if outcome.error == 0 {
            guest.write(out, &address.0)?;
        }
        Ok(outcome.error)
    }

    fn upgrade(
        &mut self,
        guest: &mut Guest<'_>,
        address: u32,
        code_hash: u32,
        data: u32,
        length: u32,
    ) -> Result<u32, Trap> {
        let address = Address(guest.array(address)?);
        let code_hash = Hash(guest.array(code_hash)?);
        let input = Self::argument(guest, data, length)?;
        let by = self.frame().address;
        guest.charge(self.state().environment.parameters.instance_gas)?;
        let gas = Self::callee_gas(guest.gas, 0);
        let kept = guest.gas.saturating_sub(gas);
        let outcome = Self::upgrade(self, by, address, code_hash, input, gas, guest.stack_left);
        guest.gas = kept.saturating_add(outcome.gas_left);
        self.frame().return_data = outcome.data;
        Ok(outcome.error)
    }

    fn code_hash(&mut self, guest: &mut Guest<'_>, address: u32, out: u32) -> Result<u32, Trap> {
        let address = Address(guest.array(address)?);
        match crate::registry::record(&mut self.state().overlay, &address) {
            Ok(record) => guest.write(out, &record.code_hash.0).map(|()| 1),
            Err(_) => Ok(0),
        }
    }

    fn blake2b_256(&mut self, guest: &mut Guest<'_>, data: u32, length: u32, out: u32) -> Result<(), Trap> {
        Self::hash(guest, (data, length), out, hash::blake2b_256)
    }

    fn blake3_256(&mut self, guest: &mut Guest<'_>, data: u32, length: u32, out: u32) -> Result<(), Trap> {
        Self::hash(guest, (data, length), out, hash::blake3_256)
    }

    fn sha2_256(&mut self, guest: &mut Guest<'_>, data: u32, length: u32, out: u32) -> Result<(), Trap> {
        Self::hash(guest, (data, length), out, hash::sha2_256)
    }

    fn sha3_256(&mut self, guest: &mut Guest<'_>, data: u32, length: u32, out: u32) -> Result<(), Trap> {
        Self::hash(guest, (data, length), out, hash::sha3_256)
    }

    fn keccak_256(&mut self, guest: &mut Guest<'_>, data: u32, length: u32, out: u32) -> Result<(), Trap> {
        Self::hash(guest, (data, length), out, hash::keccak_256)
    }

    fn sm3_256(&mut self, guest: &mut Guest<'_>, data: u32, length: u32, out: u32) -> Result<(), Trap> {
        Self::hash(guest, (data, length), out, hash::sm3_256)
    }

    fn sr25519_verify(
        &mut self,
        guest: &mut Guest<'_>,
        signature: u32,
        public_key: u32,
        message: u32,
        length: u32,
    ) -> Result<u32, Trap> {
        let (signature, public) = (guest.array(signature)?, guest.array(public_key)?);
        let message = guest.bytes(message, length, limits::MAX_CRYPTO_BYTES)?;
        Ok(u32::from(tenon_crypto::verify_sr25519(&signature, &public, message)))
    }

    fn ed25519_verify(
        &mut self,
        guest: &mut Guest<'_>,
        signature: u32,
        public_key: u32,
        message: u32,
        length: u32,
    ) -> Result<u32, Trap> {
        let (signature, public) = (guest.array(signature)?, guest.array(public_key)?);
        let message = guest.bytes(message, length, limits::MAX_CRYPTO_BYTES)?;
        Ok(u32::from(tenon_crypto::verify_ed25519(&signature, &public, message)))
    }

    fn secp256k1_recover(&mut self, guest: &mut Guest<'_>, signature: u32, digest: u32, out: u32) -> Result<u32, Trap> {
        match tenon_crypto::recover_secp256k1(&guest.array(signature)?, &guest.array(digest)?) {
            Some(public) => guest.write(out, &public).map(|()| 1),
            None => Ok(0),
        }
    }

    fn secp256k1_recover_uncompressed(
        &mut self,
        guest: &mut Guest<'_>,
        signature: u32,
        digest: u32,
        out: u32,
    ) -> Result<u32, Trap> {
        match tenon_crypto::recover_secp256k1_uncompressed(&guest.array(signature)?, &guest.array(digest)?) {
            Some(public) => guest.write(out, &public).map(|()| 1),
            None => Ok(0),
        }
    }

    fn bls_verify_possession(&mut self, guest: &mut Guest<'_>, public_key: u32, proof: u32) -> Result<u32, Trap> {
        let (public, proof) = (guest.array(public_key)?, guest.array(proof)?);
        Ok(u32::from(tenon_crypto::bls::verify_possession(&public, &proof)))
    }

    fn debug_log(&mut self, guest: &mut Guest<'_>, message: u32, length: u32) -> Result<(), Trap> {
        let line = text(guest.bytes(message, length, limits::MAX_LOG_BYTES)?);
        self.state().log(line);
        Ok(())
    }
}
