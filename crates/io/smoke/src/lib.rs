//! Checks of an image as its users would make them.
