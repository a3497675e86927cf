/** Keeps an Instance until its process has gone. */
export const agentFinalizer = "keelson.dev/agent";
/** The label by which a Deployment tells its versions apart. */
export const templateHashLabel = "keelson.dev/template-hash";
/** The annotation that numbers a Deployment's versions. */
export const revisionAnnotation = "keelson.dev/revision";
