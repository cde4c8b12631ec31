//! What `finality_*` and justifications say is what a light client believes.

use super::*;
use tenon_api::json::{Bytes, EpochView, HeaderProofView};
use tenon_core::consensus::bbft::{Checkpoint, Epoch, FinalityProof, HeaderProof, LightClient, LightRules, Validator};

impl Fixture {
    /// A light client that believes what the node says of its validators.
    async fn light(&self) -> LightClient {
        let view: EpochView = serde_json::from_value(self.ask("finality_validators", json!([])).await).unwrap();
        assert_eq!((view.epoch, view.epoch_blocks, view.validators.len()), (0, 0, 1));
        let validators: Vec<Validator> = view
            .validators
            .iter()
            .map(|shown| Validator {
                account: Address(tenon_crypto::ss58::decode(&shown.account).unwrap().0),
                bls_key: shown.bls_key.0.clone().try_into().unwrap(),
                weight: shown.weight.0,
            })
            .collect();
        let rules = LightRules { chain: view.genesis_hash.0, epoch_blocks: 0, trust_period_ms: u64::MAX };
        let (start, start_ms, since_ms) = (view.start.0, view.start_ms, view.since_ms);
        let checkpoint = Checkpoint { epoch: Epoch(0), start, start_ms, since_ms, validators };
        let light = LightClient::new(rules, checkpoint).unwrap();
        assert_eq!(light.set().hash(), view.validators_hash.0);
        light
    }
}

#[tokio::test]
async fn a_light_client_believes_what_finality_proof_says() {
    let fixture = fixture().await;
    for _ in 0..3 {
        fixture.node.make_block().unwrap();
    }
    let light = fixture.light().await;
    for (params, height) in [(json!([]), 3), (json!([2]), 2), (json!(["0x1"]), 1)] {
        let answer = fixture.ask("finality_proof", params).await;
        let view: HeaderProofView = serde_json::from_value(answer).unwrap();
        let proof = HeaderProof::from_bytes(&view.bytes.0).unwrap();
        assert_eq!(light.check_header(&proof, 10_000).unwrap().hash, view.hash.0);
        assert_eq!((view.height, view.header.0), (height, proof.header.encode()));
        assert_eq!((view.certificate.view, view.certificate.epoch), (u64::from(height), 0));
        assert_eq!((view.certificate.block, view.certificate.signers), (view.hash, vec![0]));
        assert_eq!((view.certificate.signature.0.len(), view.descendants.len()), (48, 0));
    }
    let (code, data) = fixture.refused("finality_proof", json!([9])).await;
    assert_eq!((code, &data["name"]), (2013, &json!("NoFinalityProof")));
    assert_eq!(fixture.refused("finality_proof", json!([u64::MAX])).await.0, 2001);
    let (code, data) = fixture.refused("finality_epochProof", json!([0])).await;
    assert_eq!((code, &data["cause"]), (2013, &json!("epoch 0")));
    assert_eq!(fixture.refused("finality_epochProof", json!([])).await.0, -32602);
}

#[tokio::test]
async fn a_block_has_its_justification_where_clients_look_for_it() {
    let fixture = fixture().await;
    let hash = fixture.node.make_block().unwrap();
    let block = fixture.ask("chain_getBlock", json!([hash.to_string()])).await;
    let justifications = block["justifications"].as_array().unwrap();
    assert_eq!((justifications.len(), &justifications[0][0]), (1, &json!("tnon")));
    let bytes = Bytes::parse(justifications[0][1].as_str().unwrap()).unwrap().0;
    let kept = FinalityProof::from_bytes(&bytes).unwrap();
    let header = fixture.node.block(&hash).unwrap().block.header.clone();
    let light = fixture.light().await;
    assert!(light.check_header(&kept.of_header(header, Vec::new()), 10_000).is_ok());
    let genesis = fixture.ask("chain_getBlockHash", json!([0])).await;
    let block = fixture.ask("chain_getBlock", json!([genesis])).await;
    assert_eq!(block["justifications"], Value::Null, "nobody votes on it");
}
