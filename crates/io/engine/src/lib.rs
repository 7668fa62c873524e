//! Docker and podman: importing and running images.
