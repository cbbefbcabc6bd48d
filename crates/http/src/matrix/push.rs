//! Push rules and pushers.

use ruma::api::client::push::{
    PushRule, delete_pushrule, get_pushers, get_pushrule, get_pushrule_actions, get_pushrule_enabled,
    get_pushrules_all, get_pushrules_global_scope, set_pusher, set_pushrule, set_pushrule_actions,
    set_pushrule_enabled,
};
use ruma::push::{AnyPushRuleRef, RuleKind, Ruleset};
use unisono_engine::{Error as EngineError, push::RuleChange};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes
        .add(list_rules)
        .add(list_global_rules)
        .add(get_rule)
        .add(set_rule)
        .add(delete_rule)
        .add(get_enabled)
        .add(set_enabled)
        .add(get_actions)
        .add(set_actions)
        .add(list_pushers)
        .add(set_pusher);
}

fn find<'a>(rules: &'a Ruleset, kind: RuleKind, rule_id: &str) -> Result<AnyPushRuleRef<'a>> {
    Ok(rules.get(kind, rule_id).ok_or_else(|| EngineError::not_found(format!("there is no push rule {rule_id}")))?)
}

/// `GET /pushrules/`
async fn list_rules(call: Call<get_pushrules_all::v3::Request>) -> Result<get_pushrules_all::v3::Response> {
    Ok(get_pushrules_all::v3::Response::new(call.engine.push_rules(call.session.user_id).await?))
}

/// `GET /pushrules/global/`
async fn list_global_rules(
    call: Call<get_pushrules_global_scope::v3::Request>,
) -> Result<get_pushrules_global_scope::v3::Response> {
    Ok(get_pushrules_global_scope::v3::Response::new(call.engine.push_rules(call.session.user_id).await?))
}

/// `GET /pushrules/global/{kind}/{ruleId}`
async fn get_rule(call: Call<get_pushrule::v3::Request>) -> Result<get_pushrule::v3::Response> {
    let rules = call.engine.push_rules(call.session.user_id).await?;
    let rule = find(&rules, call.request.kind, &call.request.rule_id)?;
    Ok(get_pushrule::v3::Response::new(PushRule::from(rule)))
}

/// `PUT /pushrules/global/{kind}/{ruleId}`
async fn set_rule(call: Call<set_pushrule::v3::Request>) -> Result<set_pushrule::v3::Response> {
    let set_pushrule::v3::Request { rule, before, after, .. } = call.request;
    call.engine.change_push_rules(call.session.user_id, RuleChange::Insert { rule, after, before }).await?;
    Ok(set_pushrule::v3::Response::new())
}

/// `DELETE /pushrules/global/{kind}/{ruleId}`
async fn delete_rule(call: Call<delete_pushrule::v3::Request>) -> Result<delete_pushrule::v3::Response> {
    let delete_pushrule::v3::Request { kind, rule_id, .. } = call.request;
    call.engine.change_push_rules(call.session.user_id, RuleChange::Remove { kind, rule_id }).await?;
    Ok(delete_pushrule::v3::Response::new())
}

/// `GET /pushrules/global/{kind}/{ruleId}/enabled`
async fn get_enabled(call: Call<get_pushrule_enabled::v3::Request>) -> Result<get_pushrule_enabled::v3::Response> {
    let rules = call.engine.push_rules(call.session.user_id).await?;
    let rule = find(&rules, call.request.kind, &call.request.rule_id)?;
    Ok(get_pushrule_enabled::v3::Response::new(rule.enabled()))
}

/// `PUT /pushrules/global/{kind}/{ruleId}/enabled`
async fn set_enabled(call: Call<set_pushrule_enabled::v3::Request>) -> Result<set_pushrule_enabled::v3::Response> {
    let set_pushrule_enabled::v3::Request { kind, rule_id, enabled, .. } = call.request;
    call.engine.change_push_rules(call.session.user_id, RuleChange::Enable { kind, rule_id, enabled }).await?;
    Ok(set_pushrule_enabled::v3::Response::new())
}

/// `GET /pushrules/global/{kind}/{ruleId}/actions`
async fn get_actions(call: Call<get_pushrule_actions::v3::Request>) -> Result<get_pushrule_actions::v3::Response> {
    let rules = call.engine.push_rules(call.session.user_id).await?;
    let rule = find(&rules, call.request.kind, &call.request.rule_id)?;
    Ok(get_pushrule_actions::v3::Response::new(rule.actions().to_vec()))
}

/// `PUT /pushrules/global/{kind}/{ruleId}/actions`
async fn set_actions(call: Call<set_pushrule_actions::v3::Request>) -> Result<set_pushrule_actions::v3::Response> {
    let set_pushrule_actions::v3::Request { kind, rule_id, actions, .. } = call.request;
    call.engine.change_push_rules(call.session.user_id, RuleChange::SetActions { kind, rule_id, actions }).await?;
    Ok(set_pushrule_actions::v3::Response::new())
}

/// `GET /pushers`
async fn list_pushers(call: Call<get_pushers::v3::Request>) -> Result<get_pushers::v3::Response> {
    Ok(get_pushers::v3::Response::new(call.engine.list_pushers(call.session.user_id).await?))
}

/// `POST /pushers/set`
async fn set_pusher(call: Call<set_pusher::v3::Request>) -> Result<set_pusher::v3::Response> {
    let (engine, session) = (call.engine, call.session);
    match call.request.action {
        set_pusher::v3::PusherAction::Post(post) => {
            engine.set_pusher(session.user_id, session.device_id, post.pusher, post.append).await?;
        }
        set_pusher::v3::PusherAction::Delete(ids) => engine.delete_pusher(session.user_id, ids).await?,
        _ => return Err(EngineError::invalid("a pusher is set or deleted").into()),
    }
    Ok(set_pusher::v3::Response::new())
}
