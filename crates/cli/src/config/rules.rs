//! The tables that say who takes part beyond the OUs, what flows, what becomes the anchor, and who is licensed.

use samesign_agent::engine::{AnchorAttribute, Dn, Empty, Filter, Kind, Kinds, LicenceRule, Make, OwnFlow, Rules};
use toml::Spanned;

use super::file::{AnchorName, FlowKind, FlowTable, LicenceTable, MatchingTable, ObjectKind, ScopeTable, WhenEmpty};
use super::problem::mend_of_value;
use super::{Checker, ConfigError};

impl Checker<'_> {
    pub(super) fn rules(
        &self,
        scope: &ScopeTable,
        matching: &MatchingTable,
        flows: &[Spanned<FlowTable>],
        licences: &[Spanned<LicenceTable>],
    ) -> Result<Rules, ConfigError> {
        Ok(Rules {
            kinds: self.kinds(scope)?,
            filter: scope.filter.as_ref().map(|filter| self.filter(filter)).transpose()?,
            members_of: scope.members_of.iter().map(|group| self.dn(group, "scope.members_of")).collect::<Result<_, _>>()?,
            anchor: match matching.anchor {
                AnchorName::ObjectGuid => AnchorAttribute::ObjectGuid,
                AnchorName::ConsistencyGuid => AnchorAttribute::ConsistencyGuid,
            },
            licences: licences.iter().map(|rule| self.licence(rule)).collect::<Result<_, _>>()?,
            flows: self.flows(flows)?,
        })
    }

    fn filter(&self, filter: &Spanned<String>) -> Result<Filter, ConfigError> {
        Filter::parse(filter.get_ref())
            .map_err(|error| self.fault(filter, format!("is no filter: {error}"), mend_of_value(Some("scope.filter"))))
    }

    fn flows(&self, tables: &[Spanned<FlowTable>]) -> Result<Vec<OwnFlow>, ConfigError> {
        let mut flows: Vec<OwnFlow> = Vec::with_capacity(tables.len());
        for table in tables {
            let flow = self.flow(table)?;
            if flows.iter().any(|known| known.kind == flow.kind && known.to == flow.to) {
                let problem = format!("`{}` of a {} has a flow above", flow.to, flow.kind.as_str());
                return Err(self.fault_in(table, "flow.to", &problem));
            }
            flows.push(flow);
        }
        let together = Rules { flows, ..Rules::default() };
        match (together.check_flows(), tables.last()) {
            (Err(problem), Some(last)) => Err(self.fault_in(last, "flow", &problem)),
            _ => Ok(together.flows),
        }
    }

    fn flow(&self, table: &Spanned<FlowTable>) -> Result<OwnFlow, ConfigError> {
        let FlowTable { kind, to, empty, .. } = table.get_ref();
        let Some(to) = to.as_ref().filter(|to| !to.get_ref().trim().is_empty()) else {
            return Err(self.fault_in(table, "flow.to", "is missing"));
        };
        let make = self.make(table)?;
        if let Some(empty) = empty.as_ref().filter(|_| make == Make::Drop) {
            return Err(self.fault(empty, "stands beside `drop`, which leaves the tenant's value alone", "remove `empty`"));
        }
        let flow = OwnFlow {
            kind: match kind {
                None | Some(FlowKind::User) => Kind::User,
                Some(FlowKind::Group) => Kind::Group,
                Some(FlowKind::Contact) => Kind::Contact,
            },
            to: to.get_ref().trim().into(),
            make,
            empty: match empty.as_ref().map(Spanned::get_ref) {
                Some(WhenEmpty::Ignore) => Empty::Ignore,
                None | Some(WhenEmpty::Clear) => Empty::Clear,
            },
        };
        match flow.check() {
            Ok(()) => Ok(flow),
            Err(problem) => Err(self.fault_in(table, "flow", &problem)),
        }
    }

    fn make(&self, table: &Spanned<FlowTable>) -> Result<Make, ConfigError> {
        let FlowTable { from, template, value, drop, .. } = table.get_ref();
        match (from, template, value, drop) {
            (Some(from), None, None, None) if !from.get_ref().is_empty() => {
                Ok(Make::First(from.get_ref().iter().map(|name| name.get_ref().trim().into()).collect()))
            }
            (Some(from), None, None, None) => Err(self.fault(from, "names no attribute", mend_of_value(Some("flow.from")))),
            (None, Some(template), None, None) => Ok(Make::Template(template.get_ref().as_str().into())),
            (None, None, Some(value), None) => Ok(Make::Constant(value.get_ref().as_str().into())),
            (None, None, None, Some(drop)) if *drop.get_ref() => Ok(Make::Drop),
            (None, None, None, Some(drop)) => Err(self.fault(drop, "is false, and nothing else says what flows", "write drop = true")),
            _ => Err(self.fault_in(table, "flow", "must hold exactly one of from, template, value, drop")),
        }
    }

    fn kinds(&self, scope: &ScopeTable) -> Result<Kinds, ConfigError> {
        let Some(objects) = &scope.objects else { return Ok(Kinds::default()) };
        let has = |kind| objects.get_ref().contains(&kind);
        match objects.get_ref().is_empty() {
            true => Err(self.fault(objects, "names no class of objects", mend_of_value(Some("scope.objects")))),
            false => Ok(Kinds { users: has(ObjectKind::Users), groups: has(ObjectKind::Groups), contacts: has(ObjectKind::Contacts) }),
        }
    }

    fn licence(&self, rule: &Spanned<LicenceTable>) -> Result<LicenceRule, ConfigError> {
        let LicenceTable { sku, ou, group } = rule.get_ref();
        let Some(sku) = sku.as_ref().filter(|sku| !sku.get_ref().trim().is_empty()) else {
            return Err(self.fault_in(rule, "licence.sku", "is missing"));
        };
        if ou.is_none() && group.is_none() {
            return Err(self.fault_in(rule, "licence", "must say who gets it, with `ou` or `group`"));
        }
        let dn = |dn: &Option<Spanned<String>>, key| dn.as_ref().map(|dn| self.dn(dn, key)).transpose();
        Ok(LicenceRule { sku: sku.get_ref().trim().into(), ou: dn(ou, "licence.ou")?, group: dn(group, "licence.group")? })
    }

    fn dn(&self, dn: &Spanned<String>, key: &str) -> Result<Box<str>, ConfigError> {
        match dn.get_ref().contains('=') && Dn::parse(dn.get_ref()).is_ok() {
            true => Ok(dn.get_ref().as_str().into()),
            false => Err(self.fault(dn, format!("`{}` is not a distinguished name", dn.get_ref()), mend_of_value(Some(key)))),
        }
    }

    /// A fault of one table of several: its line is that of its header.
    pub(super) fn fault_in<T>(&self, table: &Spanned<T>, key: &str, problem: &str) -> ConfigError {
        let mut fault = self.fault(table, problem, mend_of_value(Some(key)));
        fault.name_key(key);
        fault
    }
}
