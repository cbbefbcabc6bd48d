import { t } from "@/lib/i18n";
import { AuthPage } from "./AuthPage";

/** Browsers give encryption to safe connections only: better said than a broken page. */
export function InsecureNotice() {
  return <AuthPage title={t("insecure.title")} lead={t("insecure.lead")}>{null}</AuthPage>;
}
