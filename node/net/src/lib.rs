//! The network of a node: who it is connected to, streams between peers, and gossip. Sole user of libp2p.
