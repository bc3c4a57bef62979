"""`flowtui view`: what the workstation's views are, shared as YAML."""

import yaml


def test_views_are_shared_and_taken_back(client, flowtui, project):
    assert "needs attention" in flowtui("view", "ls").out
    shared = project / "views.yaml"
    shared.write_text(
        "views:\n- {name: Late, filter: 'is:late flow:etl', sort: -dur, columns: [name, 'param.region:12']}\n"
    )
    assert flowtui("view", "import", str(shared)).code == 0
    (late,) = [view for view in flowtui("views", "ls", "-o", "json").json if view["name"] == "Late"]
    assert late["columns"] == ["name", "param.region:12"] and late["sort"] == "-dur"
    assert yaml.safe_load(flowtui("view", "export", "late").out) == {"views": [late]}
    assert flowtui("view", "export", "--file", str(shared)).code == 0
    lists = [view.get("list", "runs") for view in yaml.safe_load(shared.read_text())["views"]]
    assert (lists.count("runs"), set(lists)) == (5, {"runs", "deployments", "flows", "pools", "blocks"})
    shared.write_text("views: [{name: good}, {name: bad, filter: 'stat:x'}]")
    wrong = flowtui("view", "import", str(shared))
    assert wrong.code == 2 and "The view 'bad': There is no filter stat:" in wrong.err
    assert "good" not in flowtui("view", "ls").out
    assert flowtui("view", "delete", "late").code == 0 and flowtui("view", "delete", "late").code == 2
    assert "is:late flow:etl" not in flowtui("view", "ls").out
    shared.write_text("views: [{name: paused, list: deployments, filter: 'is:paused tag:ours', sort: -next}]")
    assert flowtui("view", "import", str(shared)).code == 0
    assert "tag:ours" in flowtui("view", "export", "deployments/paused").out
    assert flowtui("view", "delete", "paused").code == 2  # there is none of runs
    assert flowtui("view", "delete", "deployments/paused").code == 0
    assert "There is no view 'x'" in flowtui("view", "export", "x").err
