//! Downloads: several mirrors, retries, resumption, digests.
