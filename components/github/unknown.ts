import * as pulumi from "@pulumi/pulumi";

/** A text that a preview cannot know. */
export const unknownText = (): pulumi.Output<string> => pulumi.output<string>(pulumi.unknown as unknown as string);
