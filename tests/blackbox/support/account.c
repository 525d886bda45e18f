#include "tests/blackbox/support/account.h"

#include <string.h>

#include "common/kube/kubeconfig.h"
#include "tests/blackbox/support/api.h"

const char *accounts(struct lab *lab, const char *rest)
{
    return textf("/api/v1/namespaces/%s/serviceaccounts%s", lab->id, rest);
}

void account_make(struct lab *lab, const char *name)
{
    json_decref(api(lab, "POST", accounts(lab, ""), json_of("{'metadata':{'name':'%s'}}", name)));
}

const char *account_token(struct lab *lab, const char *name)
{
    json_t *request = api(lab, "POST", accounts(lab, textf("/%s/token", name)), json_of("{'spec':{'expirationSeconds':3600}}"));
    const char *token = textf("%s", member(request, "status.token"));

    REQUIRE(!strcmp(member(request, "kind"), "TokenRequest") && !strcmp(member(request, "metadata.name"), name) && *token &&
                *member(request, "status.expirationTimestamp"),
            "no token: %s", json_dumps(request, JSON_COMPACT));
    json_decref(request);
    return token;
}

const char *account_kubeconfig(struct lab *lab, const char *name)
{
    struct kube_config_source source = kube_config_source_from_env(lab->admin, NULL);
    struct kube_config config;
    struct error err = ERROR_INIT;
    const char *path;

    REQUIRE(kube_config_load(&source, &config, &err) == 0, "%s", err.text);
    if (config.ca_pem)
        lab_write(lab, textf("%s.crt", name), config.ca_pem);
    path = lab_write(lab, textf("%s.kubeconfig", name),
                     textf("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"%s\"%s}}]\n"
                           "users: [{name: u, user: {token: \"%s\"}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
                           "current-context: x\n",
                           config.server, config.ca_pem ? textf(", certificate-authority: %s.crt", name) : "", account_token(lab, name)));
    kube_config_free(&config);
    return path;
}
