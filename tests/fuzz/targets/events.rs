//! What comes over SQS: S3's notifications and messages of our own.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::events::decode(bytes));
