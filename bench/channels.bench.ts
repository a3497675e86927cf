export { rows } from "./channels-mpsc.js";
