/** Keeps an Instance until its process has gone. */
export const agentFinalizer = "keelson.dev/agent";
/** The label by which a Deployment tells its versions apart. */
export const templateHashLabel = "keelson.dev/template-hash";
/** The annotation that numbers a Deployment's versions. */
export const revisionAnnotation = "keelson.dev/revision";
/** The label that says in which zone a node is: zones fail together. */
export const zoneLabel = "keelson.dev/zone";
/** The taint of a node whose agent says that it is not ready. */
export const notReadyTaint = "keelson.dev/not-ready";
/** The taint of a node whose agent has not been heard of. */
export const unreachableTaint = "keelson.dev/unreachable";
/** The annotation with a number: of instances to be given up, those with a lower one go first. */
export const deletionCostAnnotation = "keelson.dev/deletion-cost";
/** The label of instances that belong to their node, and stay when it is drained. */
export const daemonLabel = "keelson.dev/daemon";
/** The annotation of a version with the number that its Deployment wanted when it was last scaled. */
export const desiredReplicasAnnotation = "keelson.dev/desired-replicas";
/** The annotation of a version with the number that its Deployment allowed of all versions then. */
export const maxReplicasAnnotation = "keelson.dev/max-replicas";
