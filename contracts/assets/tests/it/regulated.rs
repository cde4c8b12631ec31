//! A chain on which assets have policies: with the modules of credentials and policies, an issuer of credentials, and a
//! freezer.

use assets::{AssetsRef, BurnRight, MintRight, NewAsset};
use credentials::CredentialsRef;
use policies::{PoliciesRef, Requirement, Terms};
use tenon_contract::{Address, Hash};
use tenon_testkit::{Outcome, TestChain, account, module_code};

/// The topic of the credentials that tests ask for.
pub(crate) const TOPIC: u32 = 1;

/// The chain, and its modules.
pub(crate) struct Regulated {
    pub(crate) chain: TestChain,
    pub(crate) assets: AssetsRef,
    pub(crate) policies: PoliciesRef,
    pub(crate) credentials: CredentialsRef,
}

/// Who issues the credentials that policies trust.
pub(crate) fn registrar() -> Address {
    account("Eve")
}

/// Who may freeze.
pub(crate) fn freezer() -> Address {
    account("Ferdie")
}

/// A person's identity.
pub(crate) fn identity(number: u8) -> Hash {
    Hash::new([number; 32])
}

/// The credentials that policies trust.
pub(crate) fn requirement() -> Requirement {
    Requirement { issuer: registrar(), topic: TOPIC }
}

/// Terms that ask for a credential.
pub(crate) fn verified(holder_limit: Option<u32>, freezer: Option<Address>) -> Terms {
    Terms { credential: Some(requirement()), holder_limit, freezer }
}

/// An asset whose owner may mint, and whose holders may burn.
pub(crate) fn share(supply: u128, policy: Option<Terms>) -> NewAsset {
    NewAsset {
        name: "Share".into(),
        symbol: "SHR".into(),
        decimals: 0,
        supply,
        kind: None,
        cap: None,
        mint: Some(MintRight::Owner),
        burn: Some(BurnRight::Holder),
        document_hash: None,
        issuer_credential: None,
        policy,
    }
}

impl Regulated {
    pub(crate) fn new() -> Self {
        let code = |name: &str| module_code(&format!("{}/../{name}", env!("CARGO_MANIFEST_DIR")));
        let chain = TestChain::with_modules(&[
            ("credentials", &code("credentials"), CredentialsRef::init()),
            ("policies", &code("policies"), PoliciesRef::init()),
            ("assets", &code("assets"), AssetsRef::init(None)),
        ]);
        Self {
            chain,
            assets: AssetsRef::at(TestChain::module_address("assets")),
            policies: PoliciesRef::at(TestChain::module_address("policies")),
            credentials: CredentialsRef::at(TestChain::module_address("credentials")),
        }
    }

    /// States that an address belongs to an identity.
    pub(crate) fn attest(&mut self, who: Address, number: u8) {
        let call = self.credentials.attest(who, TOPIC, identity(number), None);
        self.chain.from(registrar()).call(call).expect_ok();
    }

    /// Issues an asset.
    pub(crate) fn issue(&mut self, by: Address, new: NewAsset) -> Outcome<u64> {
        let NewAsset {
            name,
            symbol,
            decimals,
            supply,
            kind,
            cap,
            mint,
            burn,
            document_hash,
            issuer_credential,
            policy,
        } = new;
        let assets = self.assets;
        let call = assets.issue(
            name,
            symbol,
            decimals,
            supply,
            kind,
            cap,
            mint,
            burn,
            document_hash,
            issuer_credential,
            policy,
        );
        self.chain.from(by).call(call)
    }

    pub(crate) fn balance(&self, asset: u64, who: Address) -> u128 {
        self.chain.query(self.assets.balance_of(asset, who)).expect("a query without errors")
    }

    /// How many identities hold an asset.
    pub(crate) fn count(&self, asset: u64) -> u32 {
        self.chain.query(self.policies.holder_count(self.assets.address(), asset)).expect("a query without errors")
    }

    /// Asserts that the policy knows of exactly the balances that there are.
    #[track_caller]
    pub(crate) fn assert_mirrored(&self, asset: u64) {
        let ledger = self.chain.query(self.assets.holders(asset, None, None)).expect("a query without errors");
        let held = self.policies.holders(self.assets.address(), asset, None, None);
        let mirror = self.chain.query(held).expect("a query without errors");
        let mirrored: Vec<_> = mirror.iter().map(|(who, held)| (*who, held.amount)).collect();
        assert_eq!(mirrored, ledger, "asset {asset}");
        let mut identities: Vec<_> = mirror.iter().map(|(_, held)| held.identity).collect();
        identities.sort_unstable();
        identities.dedup();
        assert_eq!(usize::try_from(self.count(asset)), Ok(identities.len()), "asset {asset}");
    }
}
