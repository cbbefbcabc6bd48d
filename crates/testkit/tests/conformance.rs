//! The conformance suite on the fake network: what every adapter must live up to.

use unisono_testkit::{conformance, fake_channel::FakeNetwork};

#[test]
fn what_arrives_twice_is_there_once() {
    conformance::what_arrives_twice_is_there_once(&FakeNetwork::default());
}

#[test]
fn order_is_kept() {
    conformance::order_is_kept(&FakeNetwork::default());
}

#[test]
fn a_restart_in_the_middle_loses_and_repeats_nothing() {
    conformance::a_restart_in_the_middle_loses_and_repeats_nothing(&FakeNetwork::default());
}

#[test]
fn a_message_waits_when_the_network_asks_for_it() {
    conformance::a_message_waits_when_the_network_asks_for_it(&FakeNetwork::default());
}

#[test]
fn a_lost_answer_sends_nothing_twice() {
    conformance::a_lost_answer_sends_nothing_twice(&FakeNetwork::default());
}

#[test]
fn an_unknown_outcome_is_left_to_the_user() {
    conformance::an_unknown_outcome_is_left_to_the_user(&FakeNetwork::default());
}

#[test]
fn a_refusal_is_final_and_told() {
    conformance::a_refusal_is_final_and_told(&FakeNetwork::default());
}

#[test]
fn a_restart_while_sending_sends_nothing_twice() {
    conformance::a_restart_while_sending_sends_nothing_twice(&FakeNetwork::default());
}

#[test]
fn one_chats_trouble_is_its_own() {
    conformance::one_chats_trouble_is_its_own(&FakeNetwork::default());
}

#[test]
fn echoes_of_what_we_send_change_nothing() {
    let network = FakeNetwork::default();
    network.set_echoes(true);
    conformance::order_is_kept(&network);
    conformance::a_lost_answer_sends_nothing_twice(&FakeNetwork::default());
    let network = FakeNetwork::default();
    network.set_echoes(true);
    conformance::a_restart_while_sending_sends_nothing_twice(&network);
}

#[test]
fn an_expired_credential_is_told() {
    conformance::an_expired_credential_is_told(&FakeNetwork::default());
}

#[test]
fn a_fault_of_the_network_loses_nothing() {
    conformance::a_fault_of_the_network_loses_nothing(&FakeNetwork::default());
}
