// Filters the workloads. Without this script all of them are there to read.
(function () {
  "use strict";
  var form = document.getElementById("filter");
  var list = Array.prototype.slice.call(document.querySelectorAll(".workload"));
  if (!form || list.length === 0) return;
  var bySpace = document.getElementById("by-namespace");
  var byRule = document.getElementById("by-rule");
  var byName = document.getElementById("by-name");
  var shown = document.getElementById("shown");

  function names(workload, what) {
    return workload.getAttribute("data-" + what).split("\n");
  }
  function offer(select, what) {
    var seen = {};
    list.forEach(function (workload) {
      names(workload, what).forEach(function (name) { seen["=" + name] = true; });
    });
    Object.keys(seen).sort().forEach(function (key) {
      var option = document.createElement("option");
      option.value = key.slice(1);
      option.textContent = option.value === "" ? "(no namespace)" : option.value;
      if (option.value === "") option.value = " ";
      select.appendChild(option);
    });
  }
  function apply() {
    var space = bySpace.value === " " ? "" : bySpace.value, count = 0;
    var name = byName.value.trim().toLowerCase();
    list.forEach(function (workload) {
      var fits = (bySpace.value === "" || workload.getAttribute("data-namespace") === space) &&
        (byRule.value === "" || names(workload, "rules").indexOf(byRule.value) >= 0) &&
        workload.querySelector(".who").textContent.toLowerCase().indexOf(name) >= 0;
      workload.hidden = !fits;
      if (fits) count++;
      workload.querySelectorAll(".broken > li").forEach(function (item) {
        item.hidden = byRule.value !== "" && item.getAttribute("data-rule") !== byRule.value;
      });
    });
    shown.textContent = count + " of " + list.length + " workloads";
  }
  // The choice is in the address, so that a link can be sent to those whom it concerns.
  function remember() {
    var parts = [];
    [["namespace", bySpace], ["rule", byRule], ["name", byName]].forEach(function (each) {
      if (each[1].value !== "") parts.push(each[0] + "=" + encodeURIComponent(each[1].value));
    });
    try { history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search); } catch (e) { /* not from a file */ }
  }
  function recall() {
    var wanted = { namespace: "", rule: "", name: "" }, found = false;
    location.hash.slice(1).split("&").forEach(function (part) {
      var at = part.indexOf("="), key = part.slice(0, at);
      if (at < 0 || !Object.prototype.hasOwnProperty.call(wanted, key)) return;
      try { wanted[key] = decodeURIComponent(part.slice(at + 1)); found = true; } catch (e) { /* no address of ours */ }
    });
    bySpace.value = wanted.namespace;
    byRule.value = wanted.rule;
    if (bySpace.selectedIndex < 0) bySpace.value = "";
    if (byRule.selectedIndex < 0) byRule.value = "";
    byName.value = wanted.name;
    apply();
    if (!found) return;
    var fitting = list.filter(function (workload) { return !workload.hidden; });
    if (fitting.length <= 5) fitting.forEach(function (workload) { workload.open = true; });
    form.scrollIntoView();
  }
  function changed() { apply(); remember(); }

  offer(bySpace, "namespace");
  offer(byRule, "rules");
  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  window.addEventListener("hashchange", recall);
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = list.filter(function (workload) { return !workload.hidden && !workload.open; });
    closed.forEach(function (workload) { workload.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (workload) { workload.open = false; });
  });
  recall();
})();
