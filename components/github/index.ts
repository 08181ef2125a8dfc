export { BranchRules, type BranchRulesArgs } from "./branch-rules.ts";
export { DeliveryEnvironments, type DeliveryEnvironmentsArgs } from "./delivery-environments.ts";
export { Labels, type LabelsArgs } from "./labels.ts";
export { RepositorySettings, type RepositorySettingsArgs } from "./repository-settings.ts";
