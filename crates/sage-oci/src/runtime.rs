use crate::Failure;

/// A runtime for the engine's asynchronous API.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format_args!("cannot start threads for the engine's API: {error}"), None))
}
