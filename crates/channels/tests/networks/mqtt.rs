//! MQTT against a real Mosquitto.

mod conformance;
mod devices;
