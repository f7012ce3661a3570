//! What the text says of a ledger.
