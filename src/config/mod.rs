//! What people wrote: cards and study files as plain values; names stay texts here.

pub mod dataset_card;
