/* Planning a visit: what is typed is kept as where one is logged. */
import { begin } from "../visit_form.js";

begin();
