//! The tenant's configuration on the wire: `GetCompanyConfigurationResult`.

use super::message::{CompanyConfiguration, DeletionPrevention};
use super::property::is_nil;
use super::request::{boolean, integer, text};
use super::response::write_nil;
use crate::DecodeError;
use crate::nbfx::{Reader, Value, Word, Writer};

pub(super) fn write_company(writer: &mut Writer, company: &CompanyConfiguration) {
    let b = "b";
    writer.text_element(b, Word::Inline("AllowedFeatures"), &company.allowed_features.join(" "));
    write_dirsync(writer, company);
    writer.element(b, Word::Inline("DirSyncFeatures"), &Value::Int(i64::from(company.dirsync_features)));
    writer.text_element(b, Word::Inline("DisplayName"), &company.display_name);
    writer.element(b, Word::Inline("IsDirSyncing"), &Value::Bool(company.is_dirsyncing));
    writer.element(b, Word::Inline("IsPasswordSyncing"), &Value::Bool(company.is_password_syncing));
    writer.element(b, Word::Inline("MaxLinksSupportedAcrossBatchInProvision2"), &Value::Int(i64::from(company.links_per_batch_max)));
    writer.text_element(b, Word::Inline("SynchronizationInterval"), &company.synchronization_interval);
    writer.text_element(b, Word::Inline("TenantId"), &company.tenant_id);
    writer.start(b, Word::Inline("WriteBack"));
    write_nil(writer, "UnifiedGroupContainer");
    write_nil(writer, "UserContainer");
    writer.end();
}

fn write_dirsync(writer: &mut Writer, company: &CompanyConfiguration) {
    let b = "b";
    writer.start(b, Word::Inline("DirSyncConfiguration"));
    writer.text_element(b, Word::Inline("AnchorAttribute"), &company.anchor_attribute);
    writer.text_element(b, Word::Inline("ApplicationVersion"), &company.application_version);
    writer.text_element(b, Word::Inline("ClientVersion"), &company.client_version);
    writer.start(b, Word::Inline("CurrentExport"));
    writer.text_element(b, Word::Inline("DirSyncClientMachineName"), &company.dirsync_client_machine);
    writer.element(b, Word::Inline("TotalConnectorSpaceObjects"), &Value::Int(i64::from(company.total_connector_space_objects)));
    writer.end();
    writer.element(b, Word::Inline("IsTrackingChanges"), &Value::Bool(company.is_tracking_changes));
    let DeletionPrevention { mode, threshold_count, threshold_percentage } = &company.deletion_prevention;
    writer.start(b, Word::Inline("PreventAccidentalDeletion"));
    writer.text_element(b, Word::Inline("DeletionPrevention"), mode);
    writer.element(b, Word::Inline("ThresholdCount"), &Value::Int(i64::from(*threshold_count)));
    writer.element(b, Word::Inline("ThresholdPercentage"), &Value::Int(i64::from(*threshold_percentage)));
    writer.end();
    writer.end();
}

/// Reads the configuration; what the service leaves out stays empty, false or zero.
pub(super) fn read_company(reader: &mut Reader<'_>) -> Result<CompanyConfiguration, DecodeError> {
    let mut company = CompanyConfiguration::default();
    while let Some(name) = reader.next_child()? {
        match name.local {
            _ if is_nil(reader) => reader.skip()?,
            "AllowedFeatures" => {
                company.allowed_features = text(reader, "AllowedFeatures")?.split_whitespace().map(str::to_owned).collect();
            }
            "DirSyncConfiguration" => read_dirsync(reader, &mut company)?,
            "DirSyncFeatures" => company.dirsync_features = int(reader, "DirSyncFeatures")?,
            "DisplayName" => company.display_name = text(reader, "DisplayName")?,
            "IsDirSyncing" => company.is_dirsyncing = boolean(reader, "IsDirSyncing")?,
            "IsPasswordSyncing" => company.is_password_syncing = boolean(reader, "IsPasswordSyncing")?,
            "MaxLinksSupportedAcrossBatchInProvision2" => {
                company.links_per_batch_max = int(reader, "MaxLinksSupportedAcrossBatchInProvision2")?;
            }
            "SynchronizationInterval" => company.synchronization_interval = text(reader, "SynchronizationInterval")?,
            "TenantId" => company.tenant_id = text(reader, "TenantId")?,
            _ => reader.skip()?,
        }
    }
    Ok(company)
}

fn read_dirsync(reader: &mut Reader<'_>, company: &mut CompanyConfiguration) -> Result<(), DecodeError> {
    while let Some(name) = reader.next_child()? {
        match name.local {
            _ if is_nil(reader) => reader.skip()?,
            "AnchorAttribute" => company.anchor_attribute = text(reader, "AnchorAttribute")?,
            "ApplicationVersion" => company.application_version = text(reader, "ApplicationVersion")?,
            "ClientVersion" => company.client_version = text(reader, "ClientVersion")?,
            "IsTrackingChanges" => company.is_tracking_changes = boolean(reader, "IsTrackingChanges")?,
            "CurrentExport" => {
                while let Some(name) = reader.next_child()? {
                    match name.local {
                        "DirSyncClientMachineName" => company.dirsync_client_machine = text(reader, "DirSyncClientMachineName")?,
                        "TotalConnectorSpaceObjects" => {
                            company.total_connector_space_objects = int(reader, "TotalConnectorSpaceObjects")?;
                        }
                        _ => reader.skip()?,
                    }
                }
            }
            "PreventAccidentalDeletion" => company.deletion_prevention = read_prevention(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn read_prevention(reader: &mut Reader<'_>) -> Result<DeletionPrevention, DecodeError> {
    let mut prevention = DeletionPrevention::default();
    while let Some(name) = reader.next_child()? {
        match name.local {
            "DeletionPrevention" => prevention.mode = text(reader, "DeletionPrevention")?,
            "ThresholdCount" => prevention.threshold_count = int(reader, "ThresholdCount")?,
            "ThresholdPercentage" => prevention.threshold_percentage = int(reader, "ThresholdPercentage")?,
            _ => reader.skip()?,
        }
    }
    Ok(prevention)
}

fn int(reader: &mut Reader<'_>, element: &'static str) -> Result<i32, DecodeError> {
    i32::try_from(integer(reader, element)?).map_err(|_| DecodeError::Value { element })
}
