import { describe, expect, it } from "vitest";
import { derivedBlock, isCidr, parseSubnet } from "../../settings/addresses.ts";
import { pathText } from "../../settings/problems.ts";

describe("words and addresses", () => {
  it("write a path as `config set --path` takes it", () => {
    expect(pathText(["services", "api", "canaryWeight"])).toBe("sluice:services.api.canaryWeight");
    expect(pathText(["edge", "trustedProxies", 0])).toBe("sluice:edge.trustedProxies[0]");
    expect(pathText(["services", "api", "blue", "files", "app.json"])).toBe('sluice:services.api.blue.files["app.json"]');
  });

  it.each([
    ["10.213.0.0/16", 4094],
    ["10.213.0.0/20", 254],
    ["192.168.4.0/22", 62],
    ["172.31.0.0/16", 4094],
  ])("%s has blocks up to %i for services", (cidr, lastBlock) => {
    expect(parseSubnet(cidr)).toMatchObject({ subnet: { lastBlock } });
  });

  it("derive a block from the name alone, inside the subnet", () => {
    const subnet = { base: 0, prefix: 22, lastBlock: 62 };
    const blocks = Array.from({ length: 2000 }, (_, index) => derivedBlock(`service-${index}`, subnet));
    expect(Math.min(...blocks)).toBe(4);
    expect(Math.max(...blocks)).toBe(62);
    expect(new Set(blocks).size).toBe(59);
  });

  it.each([
    ["10.0.0.0/8", true],
    ["fd00::/8", true],
    ["10.0.0.0/33", false],
    ["10.0.0.0", false],
    ["10.0.0.0/08", false],
    ["10.0.0.0/8/8", false],
  ])("%s is a CIDR range: %s", (value, is) => {
    expect(isCidr(value)).toBe(is);
  });
});
