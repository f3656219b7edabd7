//! The rules, pure: no IO, no clock, no randomness. Compiled for browser and server.
