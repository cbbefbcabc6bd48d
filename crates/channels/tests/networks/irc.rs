//! IRC against a real ngIRCd, and what that server lacks against a scripted one.

mod conformance;
mod scripted;
mod talk;
