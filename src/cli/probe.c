#include "cli/probe.h"

#include <sys/random.h>

#include "cli/console.h"
#include "cli/probe_sample.h"
#include "cli/probe_verdict.h"
#include "desk/source.h"
#include "edge/client.h"

#define REVIEW_BYTES ((size_t)64 << 20)
#define SHOWN_BYTES ((size_t)16 << 10) /* of a text from the other end */
#define NO_SAMPLE (-1)

enum expectation { EXPECT_ANY, EXPECT_ALLOWED, EXPECT_DENIED, EXPECT_WOULD_DENY };
static const char *const expectation_names[] = {"any", "allowed", "denied", "would-deny", NULL};

struct probe_options {
    struct str ca_file, server_name, client_cert, client_key, review, name_space;
    int sample, expect;
    int64_t timeout_ms;
};

#define AT(member) offsetof(struct probe_options, member)
static const struct option_row rows[] = {
    {.name = "sample",
     .type = OPTION_CHOICE,
     .offset = AT(sample),
     .choices = probe_sample_names,
     .help = "send a review of a Pod that is, by the default policy, good or bad"},
    {.name = "review",
     .type = OPTION_TEXT,
     .offset = AT(review),
     .value_name = "FILE",
     .help = "send a recorded AdmissionReview (JSON; - is standard input)"},
    {.name = "expect",
     .type = OPTION_CHOICE,
     .offset = AT(expect),
     .choices = expectation_names,
     .fallback = "any",
     .help = "the verdict that it must be; would-deny: denied, or allowed with violations noted, "
             "as in mode audit"},
    {.name = "namespace",
     .letter = 'n',
     .type = OPTION_TEXT,
     .offset = AT(name_space),
     .value_name = "NS",
     .fallback = "podgate-probe",
     .help = "of the sample; it need not exist, but must not be exempt"},
    {.name = "ca-file",
     .type = OPTION_TEXT,
     .offset = AT(ca_file),
     .value_name = "FILE",
     .help = "the CA of the server's certificate in PEM form (required with https)"},
    {.name = "server-name",
     .type = OPTION_TEXT,
     .offset = AT(server_name),
     .value_name = "NAME",
     .help = "the name that the certificate must have, if it is not the URL's host"},
    {.name = "client-cert",
     .type = OPTION_TEXT,
     .offset = AT(client_cert),
     .value_name = "FILE",
     .help = "our own certificate in PEM form, for a server with --client-ca"},
    {.name = "client-key",
     .type = OPTION_TEXT,
     .offset = AT(client_key),
     .value_name = "FILE",
     .help = "its private key"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .offset = AT(timeout_ms),
     .value_name = "TIME",
     .fallback = "10s",
     .min = 1,
     .max = 3600000,
     .help = "for all of it, from the name's lookup to the answer's last byte"},
};

static const char help[] =
    "With neither --sample nor --review the URL is fetched, and its status and body are printed.\n"
    "With one of them the review goes to the webhook as the API server would send it (of a sample\n"
    "as a dry run), the answer is checked as strictly, and the verdict is printed.\n"
    "\n"
    "examples:\n"
    "  podgate probe http://127.0.0.1:8081/readyz\n"
    "  podgate probe --ca-file ca.crt --sample bad --expect denied https://podgate.podgate.svc/validate\n"
    "\n"
    "exit status: 0 the answer is a 2xx, and the verdict the one expected; 1 it is not, or there was\n"
    "no answer; 2 the command line or a file that it names is wrong.";

/* What is asked, and what the answer is held against. */
struct question {
    struct client_request request;
    struct str uid;
    bool is_v1beta1;
};

/* --- the command line ------------------------------------------------------------------------- */

static bool check_options(const struct probe_options *options, const struct client_url *url,
                          struct error *err) {
    bool reviews = options->sample != NO_SAMPLE || options->review.len > 0;
    if (options->sample != NO_SAMPLE && options->review.len > 0)
        return error_set(err, ERR_USAGE, "--sample and --review: one of them");
    if (reviews && !url->is_https)
        return error_set(err, ERR_USAGE, "reviews go by https, as the API server sends them");
    if (!reviews && options->expect != EXPECT_ANY)
        return error_set(err, ERR_USAGE, "--expect needs --sample or --review");
    if (url->is_https && str_is_empty(options->ca_file))
        return error_set(err, ERR_USAGE,
                         "--ca-file is required with https: the server must be known");
    if (str_is_empty(options->client_cert) != str_is_empty(options->client_key))
        return error_set(err, ERR_USAGE, "--client-cert and --client-key: both or neither");
    return true;
}

/* RFC 9562, version 4. */
static struct str new_uid(struct arena *arena) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) return STR_NONE;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return str_format(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                      b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
                      b[12], b[13], b[14], b[15]);
}

static bool take_sample(struct arena *arena, const struct probe_options *options,
                        struct question *question, struct error *err) {
    question->uid = new_uid(arena);
    return (question->uid.len > 0 &&
            probe_sample_review(arena, (enum probe_sample)options->sample, options->name_space,
                                question->uid, &question->request.json)) ||
           error_set(err, ERR_MEMORY, "out of memory");
}

static bool take_file(struct arena *arena, struct str path, struct question *question,
                      struct error *err) {
    struct review review;
    struct str name = str_copy(arena, path);
    if (!source_read_file(arena, path, REVIEW_BYTES, &question->request.json, err)) return false;
    if (!review_read(arena, question->request.json, &scan_limits_default, &review, err))
        return error_in(err, name.at ? name.at : "");
    question->uid = review.uid;
    question->is_v1beta1 = review.is_v1beta1;
    return true;
}

static bool prepare(struct arena *arena, const struct probe_options *options, struct str url,
                    struct question *question, struct error *err) {
    struct client_request *request = &question->request;
    request->timeout_ms = options->timeout_ms;
    if (!client_parse_url(url, &request->url, err) || !check_options(options, &request->url, err))
        return false;
    if (options->sample != NO_SAMPLE && !take_sample(arena, options, question, err)) return false;
    if (options->review.len > 0 && !take_file(arena, options->review, question, err)) return false;
    if (!request->url.is_https) return true;
    const struct tls_client_options tls = {.ca_file = options->ca_file,
                                           .server_name = options->server_name.len > 0
                                                              ? options->server_name
                                                              : request->url.host,
                                           .certificate = options->client_cert,
                                           .key = options->client_key};
    return tls_client_new(&tls, &request->tls, err);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Text from the other end; it stands alone, so its lines, quotes and backslashes may stay. */
static void add_text(struct strbuf *out, struct str text) {
    text = str_utf8_cut(text, SHOWN_BYTES);
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\n' && text.at[i] != '"' && text.at[i] != '\\') continue;
        strbuf_add_escaped(out, str_slice(text, start, i - start), SHOWN_BYTES);
        strbuf_add_char(out, text.at[i]);
        start = i + 1;
    }
    strbuf_add_escaped(out, str_slice(text, start, text.len), SHOWN_BYTES);
    if (text.len > 0 && text.at[text.len - 1] != '\n') strbuf_add_char(out, '\n');
}

static int show_page(struct arena *arena, const struct client_answer *answer) {
    struct strbuf out;
    strbuf_init(&out, arena, 1024);
    strbuf_printf(&out, "%d\n", answer->status);
    add_text(&out, answer->body);
    console_print(&out);
    return answer->status >= 200 && answer->status < 300 ? STATUS_FINE : STATUS_FOUND;
}

static void show_verdict(struct arena *arena, const struct probe_verdict *verdict) {
    struct strbuf out;
    strbuf_init(&out, arena, 1024);
    strbuf_add(&out, verdict->allowed ? STR("allowed\n") : STR("denied\n"));
    add_text(&out, verdict->message);
    if (verdict->warnings)
        for (const struct cJSON *one = verdict->warnings->child; one; one = one->next) {
            strbuf_add(&out, STR("warning: "));
            add_text(&out, tree_string(one));
        }
    if (verdict->allowed && verdict->violations.len > 0) {
        strbuf_add(&out, STR("violations: "));
        add_text(&out, verdict->violations);
    }
    console_print(&out);
}

static bool is_expected(const struct probe_verdict *verdict, enum expectation expectation) {
    switch (expectation) {
    case EXPECT_ANY: return true;
    case EXPECT_ALLOWED: return verdict->allowed;
    case EXPECT_DENIED: return !verdict->allowed;
    case EXPECT_WOULD_DENY: return !verdict->allowed || verdict->violations.len > 0;
    }
    return false;
}

/* Anything but JSON has no decoder in the API server. */
static bool is_json(struct str content_type) {
    struct str type = str_slice(content_type, 0, str_find_char(content_type, ';'));
    return str_equals_ignore_case(str_trim(type), STR("application/json"));
}

static int refuse_status(struct arena *arena, const struct client_answer *answer) {
    struct strbuf shown;
    struct str message = probe_status_message(arena, answer->body);
    strbuf_init(&shown, arena, 1024);
    add_text(&shown, message.len > 0 ? message : answer->body);
    console_say("no verdict, but status %d: %.*s", answer->status,
                STR_ARGS(str_trim(strbuf_str(&shown))));
    return STATUS_FOUND;
}

static int judge(struct arena *arena, const struct probe_options *options,
                 const struct question *question, const struct client_answer *answer) {
    struct probe_verdict verdict;
    struct error err = {.code = ERR_NONE};
    /* The API server reads a body of 200 to 206. */
    if (answer->status < 200 || answer->status > 206) return refuse_status(arena, answer);
    if (!is_json(answer->content_type)) {
        console_say("no verdict: the answer is not application/json");
        return STATUS_FOUND;
    }
    if (!probe_verdict_read(arena, answer->body, question->uid, question->is_v1beta1, &verdict,
                            &err)) {
        error_context(&err, "no verdict");
        console_error(&err);
        return STATUS_FOUND;
    }
    show_verdict(arena, &verdict);
    if (is_expected(&verdict, (enum expectation)options->expect)) return STATUS_FINE;
    /* What is said on standard error must not overtake the verdict. */
    int status = console_finish(STATUS_FOUND);
    console_say("that is not the verdict expected: %s", expectation_names[options->expect]);
    return status;
}

static int ask(struct arena *arena, const struct probe_options *options,
               const struct question *question) {
    struct client_answer answer;
    struct error err = {.code = ERR_NONE};
    if (!client_ask(arena, &question->request, &answer, &err)) {
        console_error(&err);
        return STATUS_FOUND;
    }
    if (question->request.json.len == 0) return show_page(arena, &answer);
    return judge(arena, options, question, &answer);
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct probe_options options = {.sample = NO_SAMPLE};
    struct str_list operands;
    struct question question = {.is_v1beta1 = false};
    struct error err = {.code = ERR_NONE};
    int status;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count != 1) {
        console_say("exactly one URL is needed (see podgate probe --help)");
        return STATUS_TROUBLE;
    }
    if (!prepare(arena, &options, operands.items[0], &question, &err)) {
        console_error(&err);
        return STATUS_TROUBLE;
    }
    status = ask(arena, &options, &question);
    tls_client_free(question.request.tls);
    return console_finish(status);
}

const struct verb verb_probe = {
    .name = "probe",
    .summary = "ask a running podgate: its health, or its verdict on a sample Pod",
    .operands = "URL",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
